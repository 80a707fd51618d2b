import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CacheEntry } from '@pw/cache-models';
import { bundleProgram, count, FULL_TIME, makeTempDir } from '@pw/test-support';
import { expect, it, onTestFinished } from 'vitest';
import { runChild, startChild } from '../../src/processes/run-child.ts';
import { openStack } from '../../src/stack/open-stack.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, '../../src/stack/dying-child.ts'));
const rounds = count(3, 300);

it(
  `after a kill that left locks, what the next process acknowledged survives its own kill (${rounds} times)`,
  async () => {
    const directory = makeTempDir(onTestFinished);
    const [busy, said] = [join(directory, 'busy'), join(directory, 'said')];
    const lockNames = () => readdirSync(join(directory, 'files')).filter((name) => name.endsWith('.lock'));
    let locks = 0;
    for (let round = 0; round < rounds; round++) {
      const before = await openStack(directory);
      for (const key of ['a', 'b', 'c'])
        await before.put(key, CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', source: 'old' }));
      await before.close();

      const { child, end } = startChild(CHILD, [directory, 'busy'], { ledger: busy });
      while (readFileSync(busy, 'utf8').split('\n').length < round + 2) await sleep(5);
      await sleep(20 + Math.random() * 200);
      child.kill('SIGKILL');
      await end;
      locks += lockNames().length;
      await runChild(CHILD, [directory, 'change'], { ledger: said });

      const answers = readFileSync(said, 'utf8').trim().split('\n');
      expect(JSON.parse(answers.at(-1)!)).toMatchObject({ answers: [true, true, true] });
      expect(answers).toHaveLength(round + 1);
      const after = await openStack(directory);
      const found = await Promise.all(['a', 'b', 'c'].map(async (key) => (await after.get(key))?.source));
      expect(found).toEqual(['new', undefined, 'new']);
      await after.close();
      expect(lockNames()).toEqual([]);
    }
    // Without an abandoned lock nothing would have been tested.
    expect(locks).toBeGreaterThan(0);
    const waits = readFileSync(said, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { took: number }).took);
    console.log(
      `${rounds} kills left ${locks} locks; the changes after a kill took at most ${Math.round(Math.max(...waits))} ms`,
    );
  },
  FULL_TIME,
);
