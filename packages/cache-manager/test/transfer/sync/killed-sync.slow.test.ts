import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram, makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LOWEST, openSyncCache, putAll, range, sorted, urlOf, urlsOf } from '../../support/sync-cache.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, '../../support/syncing-child.ts'));

describe.each(LOWEST)('a synchronisation above %s that is killed', (lowest) => {
  it.each([
    ['reading', 1],
    ['storing', 1],
    ['storing', 5],
    ['removing', 1],
    ['removing', 3],
  ])(
    'while %s, at report %i, loses no entry that both lists have, and the next run completes it',
    async (phase, at) => {
      const folder = makeTempDir(onTestFinished);
      const file = join(folder, 'a.txt');
      writeFileSync(file, range(100, 350).map(urlOf).join('\n'));
      {
        await using cache = await openSyncCache(folder, lowest);
        await putAll(cache, 'a', range(0, 200));
        await putAll(cache, 'b', range(400, 420));
      }
      const child = spawn(
        process.execPath,
        ['--conditions=@pw/source', CHILD, folder, lowest, file, phase, String(at)],
        {
          stdio: 'inherit',
        },
      );
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
      await using cache = await openSyncCache(folder, lowest);
      const between = new Set(await urlsOf(cache, 'a'));
      for (const url of sorted(range(100, 200))) expect(between.has(url)).toBe(true);
      const isRemoving = phase === 'removing';
      for (const url of sorted(isRemoving ? range(200, 350) : range(0, 100))) expect(between.has(url)).toBe(true);
      const result = await cache.syncFrom('a', file);
      expect(result).toMatchObject({ removed: between.size - 250 + result.added, refused: null });
      expect(await urlsOf(cache, 'a')).toEqual(sorted(range(100, 350)));
      expect(await urlsOf(cache, 'b')).toEqual(sorted(range(400, 420)));
    },
  );
});
