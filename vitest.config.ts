import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Files named `*.slow.test.ts` start processes or servers, take longer than two seconds, or replace a module of Node.js.
// All tests of the fault lab, of whole stacks and of the examples count as slow.
const SLOW = ['**/*.slow.test.ts', 'examples/*/test/**/*.test.ts', 'tools/{fault-lab,interop}/test/**/*.test.ts'];

// Tests read the workspace's TypeScript sources (condition `@pw/source`); what a user installs is checked from packed tarballs.
export default defineConfig({
  resolve: { conditions: ['@pw/source'] },
  ssr: { resolve: { conditions: ['@pw/source'] } },
  test: {
    // Much of the tests waits for locks, servers and other processes.
    maxWorkers: 3,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    setupFiles: ['tools/test-support/src/compare-entries.ts'],
    // Hundreds of child processes load the same sources. With a cache of the compiled modules each starts in half the time.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'reports/vitest.json' },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['{packages,tools}/*/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...SLOW],
          // Files share a worker and the modules in it: loading the modules again for each takes longer than the tests.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'slow', include: SLOW } },
    ],
  },
});
