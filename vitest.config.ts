import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests run the workspace's TypeScript sources (condition `@pw/source`). `pnpm check:packages` tests what users
// install.
export default defineConfig({
  resolve: { conditions: ['@pw/source'] },
  ssr: { resolve: { conditions: ['@pw/source'] } },
  test: {
    include: ['{packages,tools,examples}/*/test/**/*.test.ts'],
    // Many tests spend most of their time waiting for locks, servers and other processes.
    maxWorkers: 2,
    testTimeout: 180_000,
    // Hundreds of child processes load the same sources. With a cache of the compiled modules each starts in half the time.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
    hookTimeout: 180_000,
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'reports/vitest.json' },
  },
});
