import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.ts';

// The tests to run after each change, in under a minute. Files named `*.slow.test.ts` start processes or servers, or take longer than two
// seconds; `pnpm test` runs these too.
export default mergeConfig(
  config,
  defineConfig({
    test: {
      exclude: ['**/node_modules/**', '**/*.slow.test.ts'],
      // The quick tests leave nothing behind, so that files can share a worker and the modules in it.
      isolate: false,
    },
  }),
);
