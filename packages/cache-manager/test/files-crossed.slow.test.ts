import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { expect, it, onTestFinished } from 'vitest';

const CHILD = join(import.meta.dirname, 'support/files-crossed-child.ts');

// The fewer files an operation crosses, the sooner a reader knows all that it does.
// A put into tiers that agree over processes crosses the protocol.
it('a hit in the first tier crosses at most 6 files of the manager, a put into three tiers at most 21', () => {
  const folder = makeTempDir(onTestFinished);
  const args = ['--conditions=@pw/source', CHILD, join(folder, 'l2'), join(folder, 'l3.db')];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  expect(child.stderr).toBe('');
  const { hit, put } = JSON.parse(child.stdout) as { readonly hit: readonly string[]; readonly put: readonly string[] };
  expect(hit).toEqual([
    'access/access-buffer.ts',
    'cache-manager.ts',
    'stack/stack-reads.ts',
    'tier/circuit-breaker.ts',
    'tier/fault-boundary.ts',
    'tier/managed-tier.ts',
  ]);
  expect(put.length).toBeLessThanOrEqual(21);
  expect(put).toContain('stack/agreement/agreed-writes.ts');
});
