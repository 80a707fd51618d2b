import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.ts';

// The tests to run after each change, in under a minute. Files named `*.slow.test.ts` start processes or servers, or take
// longer than two seconds; so do the fault lab, the tests of whole stacks and the examples. `pnpm test` runs everything.
export default mergeConfig(
  config,
  defineConfig({
    test: {
      exclude: ['**/node_modules/**', '**/*.slow.test.ts', 'examples/**', 'tools/{fault-lab,interop}/**'],
    },
  }),
);
