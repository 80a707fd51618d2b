import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests read the workspace's TypeScript sources (condition `@pw/source`); what a user installs is checked from packed tarballs.
export default defineConfig({
  resolve: { conditions: ['@pw/source'] },
  ssr: { resolve: { conditions: ['@pw/source'] } },
  test: {
    include: ['{packages,tools,examples}/*/test/**/*.test.ts'],
    // Much of the tests waits for locks, servers and other processes.
    maxWorkers: 2,
    testTimeout: 180_000,
    // Hundreds of child processes load the same sources. With a cache of the compiled modules each starts in half the time.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
    hookTimeout: 180_000,
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'reports/vitest.json' },
  },
});
