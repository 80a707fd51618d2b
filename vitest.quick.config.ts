import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.ts';

// The tests to run after each change, in under a minute. Files named `*.slow.test.ts` start processes or servers, take
// longer than two seconds, or replace a module of Node.js. They are left out, and so are the fault lab, the interop
// tests and the examples. `pnpm test` runs everything.
export default mergeConfig(
  config,
  defineConfig({
    test: {
      exclude: ['**/node_modules/**', '**/*.slow.test.ts', 'examples/**', 'tools/{fault-lab,interop}/**'],
      // Test files share a worker and the modules that it has loaded: loading them again for each file takes longer
      // than the tests.
      isolate: false,
    },
  }),
);
