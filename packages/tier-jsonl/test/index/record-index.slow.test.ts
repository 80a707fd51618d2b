import { EvictionPolicy } from '@pw/cache-models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_RECORD } from '../../src/index/record-id.ts';
import { RecordIndex } from '../../src/index/record-index.ts';

interface Known {
  shard: number;
  offset: number;
  length: number;
  expiresAt: number;
}
type Model = Map<string, Known>;

const SHARDS = 3;
const key = fc.oneof(fc.nat(40).map(String), fc.constantFrom('ключ', 'é', '\ud800', '', 'a"b', 'x'.repeat(300)));
const known = fc.record({
  shard: fc.nat(SHARDS - 1),
  offset: fc.nat(2 ** 40),
  length: fc.nat(1e6),
  expiresAt: fc.nat(100),
});
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('set' as const), key, known }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('remove' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('removeShard' as const), shard: fc.nat(SHARDS - 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('count' as const), now: fc.nat(100) }) },
);

function set(index: RecordIndex, name: string, { shard, offset, length, expiresAt }: Known): void {
  const facts = { expiresAt, lastAccessed: 0, accessCount: 0, fetchTime: 0 };
  const id = index.find(name);
  const bytes = Buffer.from(`"${name}"`, 'latin1');
  const isAscii = /^[\x20-\x7e]*$/.test(name);
  if (id !== NO_RECORD) {
    index.replace(id, shard, { offset, length }, facts, true);
    if (isAscii)
      expect(index.addBytes(bytes, 1, bytes.length - 1, shard, { offset, length }, expiresAt)).toBe(NO_RECORD);
  } else if (isAscii && !index.isOrdered)
    expect(index.addBytes(bytes, 1, bytes.length - 1, shard, { offset, length }, expiresAt)).not.toBe(NO_RECORD);
  else index.add(name, shard, { offset, length }, facts);
}

function check(index: RecordIndex, model: Model): void {
  expect(new Set([...index.ids()].map((id) => index.keyOf(id)))).toEqual(new Set(model.keys()));
  for (const [name, { shard, offset, length, expiresAt }] of model) {
    const id = index.find(name);
    expect([index.keyOf(id), index.shardOf(id), index.rangeOf(id), index.expiresAt(id)]).toEqual([
      ...[name, shard, { offset, length }, expiresAt],
    ]);
  }
  for (let shard = 0; shard < SHARDS; shard++) {
    const own = [...model].filter(([, one]) => one.shard === shard);
    expect(new Set(index.idsOf(shard).map((id) => index.keyOf(id)))).toEqual(new Set(own.map(([name]) => name)));
    expect(index.countOf(shard)).toBe(own.length);
    expect(index.bytesOf(shard)).toBe(own.reduce((sum, [, { length }]) => sum + length + 1, 0));
  }
}

function count(index: RecordIndex, model: Model, now: number): void {
  const isExpired = ({ expiresAt }: Known) => now >= expiresAt;
  expect(index.liveCount(now)).toBe([...model.values()].filter((one) => !isExpired(one)).length);
  const soonest = Math.min(...[...model.values()].map(({ expiresAt }) => expiresAt));
  const victim = index.victim(now);
  if (now >= soonest) expect(index.expiresAt(victim!)).toBe(soonest);
  for (let shard = 0; shard < SHARDS; shard++)
    expect(index.expiredOf(shard, now).length).toBe(
      [...model.values()].filter((one) => one.shard === shard && isExpired(one)).length,
    );
}

describe('RecordIndex', () => {
  it.each([undefined, EvictionPolicy.LRU, EvictionPolicy.LFU])(
    'behaves like a map with shards and expiries (policy %s)',
    (policy) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
          const index = new RecordIndex(policy);
          index.settle();
          const model: Model = new Map();
          for (const one of steps) {
            if (one.do === 'set') {
              set(index, one.key, one.known);
              model.set(one.key, one.known);
            } else if (one.do === 'remove') {
              const id = index.find(one.key);
              expect(id !== NO_RECORD).toBe(model.delete(one.key));
              if (id !== NO_RECORD) index.remove(id);
            } else if (one.do === 'removeShard') {
              index.removeShard(one.shard);
              for (const [name, { shard }] of model) if (shard === one.shard) model.delete(name);
            } else count(index, model, one.now);
          }
          check(index, model);
        }),
        { numRuns: 100 },
      );
    },
  );

  it('finds its keys after the bytes of a hundred thousand removed keys were dropped', () => {
    const index = new RecordIndex(undefined);
    const facts = { expiresAt: 1, lastAccessed: 0, accessCount: 0, fetchTime: 0 };
    for (let n = 0; n < 120_000; n++) index.add(`key-${n}`, 0, { offset: n, length: 1 }, facts);
    for (let n = 0; n < 119_000; n++) index.remove(index.find(`key-${n}`));
    for (let n = 0; n < 120_000; n++) expect(index.find(`key-${n}`) !== NO_RECORD).toBe(n >= 119_000);
    expect([...index.ids()].length).toBe(1000);
  });
});
