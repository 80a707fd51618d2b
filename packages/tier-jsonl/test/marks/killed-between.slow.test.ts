import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { systemClock } from '@pw/cache-models';
import { bundleProgram } from '@pw/test-support';
import { expect, it } from 'vitest';
import { exitOf } from '../support/children.ts';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, '..', 'support', 'stopped-child.ts'));
const options = { clock: systemClock, lock: { staleMs: 2000, updateMs: 1000 } };
const ofRival = (key: string) => makeEntry(key, { source: 'rival', fetchTime: systemClock.now(), ttlSeconds: 9e5 });

/** A directory with two marked entries, in which a process was killed just before its n-th write. False if it made fewer. */
async function killed(work: string, at: number): Promise<{ directory: string; isKilled: boolean }> {
  const directory = newDirectory();
  const tier = newTier(directory, { ...options, numShards: 1 });
  const writes = ['k0', 'k1'].map((key) => ({ key, entry: ofRival(key) }));
  await tier.marks.writeAlone(writes, { after: 0, timeoutMs: 5000 });
  await tier.close();
  const args = ['--conditions=@pw/source', CHILD, directory, work, 'writeSync', String(at), 'SIGKILL'];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  await exitOf(child);
  return { directory, isKilled: child.signalCode === 'SIGKILL' };
}

/** What is left: the source of an entry, and whether it is marked. */
async function left(directory: string, key: string): Promise<readonly [string | undefined, boolean]> {
  const tier = newTier(directory, options);
  const found = [(await tier.get(key))?.source, (await tier.marks.read())!.has(key)] as const;
  await tier.close();
  return found;
}

it('a process that is killed while it writes alone leaves no entry without a mark', async () => {
  const seen = new Set<string>();
  for (let at = 1; ; at++) {
    const { directory, isKilled } = await killed('alone', at);
    const [source, isMarked] = await left(directory, 'mine');
    seen.add(`${source} ${isMarked}`);
    if (!isKilled) break;
  }
  // The one in the middle was killed between the mark and the record.
  expect([...seen]).toEqual(['undefined false', 'undefined true', 'child true']);
});

it('a process that is killed while it makes a mark needless removes it last', async () => {
  const seen = new Set<string>();
  for (let at = 1; ; at++) {
    const { directory, isKilled } = await killed('unmark', at);
    const [source, isMarked] = await left(directory, 'k0');
    seen.add(`${source} ${isMarked}`);
    if (!isKilled) break;
  }
  expect([...seen]).toEqual(['rival true', 'child true', 'child false']);
});
