import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { CacheEntry, type CacheEntryInput, CacheValidationError } from '../../src/index.ts';
import {
  addAccess,
  claimEntry,
  copyEntry,
  countAccess,
  isBuffered,
  markBuffered,
  promiseOf,
} from '../../src/tier/index.ts';

const URL_A = 'http://proxy.example.com:8080';
const make = (input: Partial<CacheEntryInput> = {}) =>
  CacheEntry.create({ proxyUrl: URL_A, lastAccessed: 10, ...input });
const countsOf = ({ accessCount, lastAccessed }: CacheEntry) => ({ accessCount, lastAccessed });

/** An entry of a second copy of the models, with private state that this copy cannot reach. */
async function makeElsewhere(input: Partial<CacheEntryInput> = {}): Promise<CacheEntry> {
  vi.resetModules();
  const models = await import('../../src/index.ts');
  return models.CacheEntry.create({ proxyUrl: URL_A, lastAccessed: 10, ...input }) as unknown as CacheEntry;
}

describe('countAccess', () => {
  it('adds one access and sets its time', () => {
    const entry = make({ accessCount: 4 });
    countAccess(entry, 12.5);
    expect(countsOf(entry)).toEqual({ accessCount: 5, lastAccessed: 12.5 });
  });

  it('never sets the time back', () => {
    const entry = make();
    countAccess(entry, 9);
    expect(countsOf(entry)).toEqual({ accessCount: 1, lastAccessed: 10 });
  });

  it('stops at the largest count that can be stored', () => {
    const entry = make({ accessCount: Number.MAX_SAFE_INTEGER - 1 });
    countAccess(entry, 12);
    countAccess(entry, 13);
    expect(countsOf(entry)).toEqual({ accessCount: Number.MAX_SAFE_INTEGER, lastAccessed: 13 });
  });

  it('changes nothing but the two counts', () => {
    const entry = make({ labels: { country: 'DE' } });
    const before = entry.toFields();
    countAccess(entry, 12);
    expect(entry.toFields()).toEqual({ ...before, accessCount: 1, lastAccessed: 12 });
  });

  it('refuses an entry of another copy of the package', async () => {
    const entry = await makeElsewhere();
    expect(() => countAccess(entry, 12)).toThrow(CacheValidationError);
    expect(entry.accessCount).toBe(0);
  });

  it('does not count at a wrong time', () => {
    const entry = make();
    expect(() => countAccess(entry, Number.NaN)).toThrow(CacheValidationError);
    expect(entry.accessCount).toBe(0);
  });
});

describe('the current counts of an entry', () => {
  const entry = make();
  countAccess(entry, 77);

  it('are in toFields', () => {
    expect(entry.toFields()).toMatchObject({ accessCount: 1, lastAccessed: 77 });
  });

  it('are in JSON', () => {
    expect(JSON.parse(JSON.stringify(entry))).toMatchObject({ accessCount: 1, lastAccessed: 77 });
  });

  it('are shown by inspect, among all fields, under the name of the class', () => {
    const shown = inspect(entry);
    expect(shown).toMatch(/^CacheEntry \{/);
    expect(Object.keys(entry.toFields()).filter((name) => !shown.includes(`${name}: `))).toEqual([]);
    expect(shown).toContain('accessCount: 1,');
    expect(shown).toContain('lastAccessed: 77,');
  });

  it('are shown by inspect inside other objects, with the secrets masked', () => {
    const secret = make({ username: 'ann', password: 'hunter2-x', source: 'list of hunter2-x' });
    countAccess(secret, 77);
    const shown = inspect({ list: [secret] }, { depth: 9 });
    expect(shown).toContain('accessCount: 1,');
    expect(shown).not.toContain('hunter2-x');
  });

  it('are carried over by with and restore', () => {
    expect(countsOf(entry.with({ failureCount: 1 }))).toEqual({ accessCount: 1, lastAccessed: 77 });
    expect(countsOf(CacheEntry.restore(entry))).toEqual({ accessCount: 1, lastAccessed: 77 });
  });

  it('are replaced by with if the patch has others', () => {
    expect(countsOf(entry.with({ accessCount: 9, lastAccessed: 5 }))).toEqual({ accessCount: 9, lastAccessed: 5 });
  });

  it('are not shared with a copy', () => {
    const copies = [entry.with({}), CacheEntry.restore(entry), copyEntry(entry)];
    for (const copy of copies) countAccess(copy, 99);
    expect(countsOf(entry)).toEqual({ accessCount: 1, lastAccessed: 77 });
  });

  it('do not change in fields that were taken before', () => {
    const counting = make();
    const fields = counting.toFields();
    countAccess(counting, 99);
    expect(fields.accessCount).toBe(0);
  });
});

describe('addAccess', () => {
  it('adds the hits and keeps the later time', () => {
    const entry = make({ accessCount: 4 });
    addAccess(entry, { hits: 6, lastAccessed: 5 });
    expect(countsOf(entry)).toEqual({ accessCount: 10, lastAccessed: 10 });
    addAccess(entry, { hits: 0, lastAccessed: 11 });
    expect(countsOf(entry)).toEqual({ accessCount: 10, lastAccessed: 11 });
  });

  it('stops at the largest count that can be stored', () => {
    const entry = make({ accessCount: 4 });
    addAccess(entry, { hits: Number.MAX_SAFE_INTEGER, lastAccessed: 5 });
    expect(entry.accessCount).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('refuses an entry of another copy of the package', async () => {
    const entry = await makeElsewhere();
    expect(() => addAccess(entry, { hits: 1, lastAccessed: 12 })).toThrow(/entry: must be .* this copy/);
  });
});

describe('claimEntry', () => {
  const [ours, theirs] = [Object.freeze({}), Object.freeze({})];

  it('returns the entry itself to its first owner, each time', () => {
    const entry = make();
    expect(claimEntry(entry, ours)).toBe(entry);
    expect(claimEntry(entry, ours)).toBe(entry);
  });

  it('returns a copy with the same fields to another owner, who then has claimed the copy', () => {
    const entry = claimEntry(make({ password: 'p', labels: { a: 'b' } }), ours);
    countAccess(entry, 12);
    const copy = claimEntry(entry, theirs);
    expect(copy).not.toBe(entry);
    expect(copy.toFields()).toEqual(entry.toFields());
    expect(claimEntry(copy, theirs)).toBe(copy);
    expect(claimEntry(copy, ours)).not.toBe(copy);
  });

  it('is not undone by the claim of another owner', () => {
    const entry = claimEntry(make(), ours);
    claimEntry(entry, theirs);
    expect(claimEntry(entry, ours)).toBe(entry);
  });

  it('does not apply to copies', () => {
    const entry = claimEntry(make(), ours);
    for (const copy of [copyEntry(entry), entry.with({}), CacheEntry.restore(entry)])
      expect(claimEntry(copy, theirs)).toBe(copy);
  });

  it('copies an entry of another copy of the package, which can then be counted', async () => {
    const foreign = await makeElsewhere({ accessCount: 3, password: 'p', labels: { a: 'b' } });
    const entry = claimEntry(foreign, ours);
    expect(entry).not.toBe(foreign);
    expect(entry.toFields()).toEqual(foreign.toFields());
    countAccess(entry, 12);
    expect(countsOf(entry)).toEqual({ accessCount: 4, lastAccessed: 12 });
    expect(foreign.accessCount).toBe(3);
  });
});

describe('copyEntry', () => {
  it('has the same fields and class', () => {
    const entry = make({ accessCount: 3, evictedFromL1: true, labels: { a: 'b' } });
    const copy = copyEntry(entry);
    expect(copy.toFields()).toEqual(entry.toFields());
    expect(Object.getPrototypeOf(copy)).toBe(CacheEntry.prototype);
    expect(Object.isFrozen(copy)).toBe(true);
  });

  it('has another mark if one is given', () => {
    const entry = make({ accessCount: 3 });
    expect(copyEntry(entry, true).toFields()).toEqual({ ...entry.toFields(), evictedFromL1: true });
    expect(copyEntry(copyEntry(entry, true), false).evictedFromL1).toBe(false);
  });

  it('copies an entry of another copy of the package', async () => {
    const foreign = await makeElsewhere({ accessCount: 3 });
    const copy = copyEntry(foreign);
    expect(copy.toFields()).toEqual(foreign.toFields());
    expect(Object.getPrototypeOf(copy)).toBe(CacheEntry.prototype);
  });
});

describe('the mark of a buffer', () => {
  const [buffer, other] = [{}, {}];

  it('is set, replaced and removed', () => {
    const entry = make();
    expect(isBuffered(entry, buffer)).toBe(false);
    markBuffered(entry, buffer);
    expect(isBuffered(entry, buffer)).toBe(true);
    expect(isBuffered(entry, other)).toBe(false);
    markBuffered(entry, other);
    expect(isBuffered(entry, buffer)).toBe(false);
    markBuffered(entry, undefined);
    expect(isBuffered(entry, other)).toBe(false);
  });

  it('is not copied', () => {
    const entry = make();
    markBuffered(entry, buffer);
    for (const copy of [copyEntry(entry), entry.with({}), CacheEntry.restore(entry)])
      expect(isBuffered(copy, buffer)).toBe(false);
  });

  it('cannot be set on an entry of another copy of the package', async () => {
    const entry = await makeElsewhere();
    markBuffered(entry, buffer);
    expect(isBuffered(entry, buffer)).toBe(false);
  });

  it('is absent from a value that is not an entry', () => {
    for (const value of [undefined, null, 1, {}]) expect(isBuffered(value as never, buffer)).toBe(false);
  });
});

describe('promiseOf', () => {
  it('is one promise for an entry, of the entry itself', async () => {
    const entry = make();
    expect(promiseOf(entry)).toBe(promiseOf(entry));
    expect(await promiseOf(entry)).toBe(entry);
  });

  it('is another one for a copy', async () => {
    const entry = make();
    void promiseOf(entry);
    const copy = copyEntry(entry);
    expect(await promiseOf(copy)).toBe(copy);
  });

  it('is a new one each time for an entry of another copy of the package', async () => {
    const foreign = await makeElsewhere();
    expect(promiseOf(foreign)).not.toBe(promiseOf(foreign));
    expect(await promiseOf(foreign)).toBe(foreign);
  });
});
