import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { expect, it } from 'vitest';
import { surveyJsonl } from '../../src/jsonl/survey.ts';
import { killLoop } from '../../src/processes/kill-loop.ts';

const script = await bundleProgram(join(import.meta.dirname, '../../src/jsonl/writer.ts'));
const runs = count(6, 1000);

it(
  `kill -9, ${runs} times, loses nothing that was acknowledged`,
  async () => {
    const { acknowledged, losses } = await killLoop({
      runs,
      acknowledged: runs * 10,
      seed: 1,
      script,
      within: 150,
      survey: surveyJsonl,
    });
    expect(losses).toEqual([]);
    console.log(`${runs} kills, ${acknowledged} acknowledged, ${losses.length} lost`);
  },
  FULL_TIME,
);
