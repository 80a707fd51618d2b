import { START } from '@pw/test-support/doubles';
import type { ObservedTier } from '../trial/observed-tier.ts';
import { makeEntry } from './make-entry.ts';

/** The content of the store for {@link Operation.full}; "c" and "d" are not part of it. */
export const HELD = [makeEntry('a', { username: 'user', password: 'pass', failureCount: 2 }), makeEntry('b')] as const;

/** One operation of the contract, with its answer in a comparable form. */
export interface Operation {
  /** The call, such as `get("a")`. */
  readonly name: string;
  readonly call: (tier: ObservedTier) => Promise<unknown>;
  /** The answer of a tier that is off, or whose store is broken: the same as for a miss. */
  readonly off: unknown;
  /** The answer of a tier without entries. */
  readonly empty: unknown;
  /** The answer of a tier that contains {@link HELD}; absent where more than one answer is right. */
  readonly full?: unknown;
}

const sorted = (texts: Iterable<string>): string[] => [...texts].sort();
const keysOf = (entries: readonly { readonly key: string }[]): string[] => sorted(entries.map(({ key }) => key));

const OPERATIONS: readonly Operation[] = [
  { name: 'get("a")', call: async (tier) => (await tier.get('a'))?.key, off: undefined, empty: undefined, full: 'a' },
  { name: 'put("c")', call: (tier) => tier.put(makeEntry('c')), off: false, empty: true, full: true },
  { name: 'delete("a")', call: (tier) => tier.delete('a'), off: false, empty: false, full: true },
  { name: 'has("a")', call: (tier) => tier.has('a'), off: false, empty: false, full: true },
  {
    name: 'getMany(["a", "z"])',
    call: async (tier) => sorted((await tier.getMany(['a', 'z'])).keys()),
    off: [],
    empty: [],
    full: ['a'],
  },
  {
    name: 'putMany of "c" and "d"',
    call: (tier) => tier.putMany([makeEntry('c'), makeEntry('d')]),
    off: [false, false],
    empty: [true, true],
    full: [true, true],
  },
  {
    name: 'deleteMany(["a", "z"])',
    call: (tier) => tier.deleteMany(['a', 'z']),
    off: [false, false],
    empty: [false, false],
    full: [true, false],
  },
  { name: 'clear()', call: (tier) => tier.clear(), off: 0, empty: 0, full: 2 },
  { name: 'size()', call: (tier) => tier.size(), off: 0, empty: 0, full: 2 },
  { name: 'keys()', call: async (tier) => sorted(await tier.keys()), off: [], empty: [], full: ['a', 'b'] },
  { name: 'entries()', call: async (tier) => keysOf(await tier.entries()), off: [], empty: [], full: ['a', 'b'] },
  { name: 'cleanupExpired()', call: (tier) => tier.cleanupExpired(), off: 0, empty: 0, full: 0 },
];

const PEEK: Operation = {
  name: 'peek("a")',
  call: async (tier) => (await tier.peek('a'))?.key,
  off: undefined,
  empty: undefined,
  full: 'a',
};

const GET_NOW: Operation = {
  name: 'getNow("a")',
  call: async (tier) => (await tier.getNow('a'))?.key,
  off: undefined,
  empty: undefined,
  full: 'a',
};

const RECORD_ACCESS: Operation = {
  name: 'recordAccess of "a"',
  call: (tier) => tier.recordAccess([{ key: 'a', hits: 9, lastAccessed: START + 9 }]),
  off: 0,
  empty: 0,
};

/** All operations that this tier has. */
export function operationsOf({ raw }: ObservedTier): readonly Operation[] {
  return [...OPERATIONS, PEEK, ...(raw.getNow === undefined ? [] : [GET_NOW]), RECORD_ACCESS];
}
