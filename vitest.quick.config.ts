import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.ts';

// The tests to run after each change, in under a minute. Files named `*.slow.test.ts` start processes or servers, take
// longer than two seconds, or replace a module of Node.js; these, the fault lab, the tests of whole stacks and the examples
// are left out. `pnpm test` runs everything.
export default mergeConfig(
  config,
  defineConfig({
    test: {
      exclude: ['**/node_modules/**', '**/*.slow.test.ts', 'examples/**', 'tools/{fault-lab,interop}/**'],
      // Files share a worker and the modules in it: loading the modules again for each takes longer than the tests.
      isolate: false,
    },
  }),
);
