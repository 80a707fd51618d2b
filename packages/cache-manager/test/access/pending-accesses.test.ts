import { expect, it } from 'vitest';
import { FirstTierAccesses } from '../../src/access/first-tier-accesses.ts';
import { PendingAccesses } from '../../src/access/pending-accesses.ts';
import { entryOf } from '../support/stack.ts';

it('updates that a tier never takes are kept for another attempt, up to a limit', () => {
  const log = new PendingAccesses(new FirstTierAccesses(undefined));
  const entry = entryOf('k', { accessCount: 3 });
  const failOnce = (from: number, count: number): void => {
    const keys = Array.from({ length: count }, (_, i) => `k${from + i}`);
    for (const key of keys) log.recordHit(entry.with({ key }));
    log.take(keys);
    log.finishWrite(true);
  };
  failOnce(0, 500);
  expect(log.oldest(2)).toEqual(['k0', 'k1']);
  for (let from = 500; from < 20_000; from += 500) failOnce(from, 500);
  expect(log.size).toBe(10_000);
  log.take(log.oldest(10_000));
  log.finishWrite();
  expect(log.size).toBe(0);
});
