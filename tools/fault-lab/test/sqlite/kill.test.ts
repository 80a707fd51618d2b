import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { killLoop } from '../../src/processes/kill-loop.ts';
import { KINDS, surveySqlite } from '../../src/sqlite/survey.ts';

const script = await bundleProgram(join(import.meta.dirname, '../../src/sqlite/writer.ts'));
const runs = count(2, 1000);

describe.each(KINDS)('%s', (kind) => {
  it.each(['normal', 'full'])(
    `kill -9, ${runs} times, with durability %s loses nothing that was acknowledged`,
    async (durability) => {
      const { acknowledged, losses } = await killLoop({
        runs,
        acknowledged: runs * 5,
        seed: 1,
        script,
        args: [kind, durability],
        within: 150,
        survey: surveySqlite(kind),
      });
      expect(losses).toEqual([]);
      console.log(`${kind}, ${durability}: ${runs} kills, ${acknowledged} acknowledged, ${losses.length} lost`);
    },
    FULL_TIME,
  );
});
