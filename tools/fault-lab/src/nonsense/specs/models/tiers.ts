import { BaseTier, type CacheEntry, type MaybePromise } from '@pw/cache-models';
import type { AccessUpdate, TierMode } from '@pw/cache-models/tier';
import { isBoolean, isText, maybe, must, objectOf, oneOf } from '../../accepts.ts';
import { constructorOf } from '../../calling.ts';
import type { CallGroup } from '../../nonsense-spec.ts';
import { tierGroup, tierOptionsWith } from '../tier-calls.ts';

const CAPABILITIES = [
  'persistent',
  'shared',
  'ordered',
  'countsAccesses',
  'query',
  'health',
  'reseal',
  'sideValues',
  'leases',
  'changes',
];

/** A minimal tier in either mode: everything else is inherited from BaseTier. */
class MapTier<M extends TierMode> extends BaseTier<M> {
  readonly #entries = new Map<string, CacheEntry>();

  constructor(mode: M) {
    super({}, { mode, tierType: 'map', ownOptions: {} });
  }

  protected override doGet(key: string): MaybePromise<CacheEntry | undefined> {
    return this.#answer(this.#entries.get(key));
  }
  protected override doPut(key: string, entry: CacheEntry): MaybePromise<boolean> {
    return this.#answer(this.#entries.set(key, entry).size > 0);
  }
  protected override doDelete(key: string): MaybePromise<boolean> {
    return this.#answer(this.#entries.delete(key));
  }
  protected override doClear(): MaybePromise<number> {
    const { size } = this.#entries;
    this.#entries.clear();
    return this.#answer(size);
  }
  protected override doSize(): MaybePromise<number> {
    return this.#answer(this.#entries.size);
  }
  protected override doKeys(): MaybePromise<string[]> {
    return this.#answer([...this.#entries.keys()]);
  }
  protected override doHas(key: string): MaybePromise<boolean> {
    return this.#answer(this.#entries.has(key));
  }
  protected override doEntries(): Iterable<CacheEntry> {
    return this.#entries.values();
  }
  protected override doCleanupExpired(): MaybePromise<number> {
    return this.#answer(0);
  }
  protected override doRecordAccess(updates: readonly AccessUpdate[]): MaybePromise<number> {
    return this.#answer(updates.length);
  }

  #answer<T>(value: T): MaybePromise<T> {
    return this.isSync ? value : Promise.resolve(value);
  }
}

const description = must('description', objectOf('mode', 'tierType', 'capabilities', 'ownOptions'), [
  must('mode', oneOf('sync', 'async')),
  must('tierType', isText),
  maybe(
    'capabilities',
    objectOf(...CAPABILITIES),
    CAPABILITIES.map((name) => maybe(name, isBoolean)),
  ),
  maybe('ownOptions', objectOf()),
]);

export const tiers: readonly CallGroup[] = [
  tierGroup({
    Class: BaseTier,
    variant: 'synchronous',
    open: () => new MapTier('sync'),
    more: [
      {
        name: 'BaseTier',
        parameters: [tierOptionsWith(), description],
        right: () => [{}, { mode: 'sync', tierType: 'map', capabilities: {}, ownOptions: {} }],
        call: constructorOf(BaseTier),
        refusal: 'config',
      },
    ],
  }),
  tierGroup({ Class: BaseTier, variant: 'asynchronous', open: () => new MapTier('async') }),
];
