import type { CacheEntry } from '@pw/cache-models';
import type { TierSetup } from '../../src/index.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { PromiseMapTier } from '../tiers/promise-map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

const PATIENCE = { deadlineMs: 400 };

export const lifecycleMutants: readonly Mutant[] = [
  plant(
    'close-twice-throws',
    'Throws on a second close.',
    ['lifecycle', 'can be opened and closed twice'],
    class extends MapTier {
      override close(): void {
        if (this.status === 'closed') throw new Error('closed already');
        super.close();
      }
    },
  ),
  plant(
    'open-twice-throws',
    'Throws on a second open.',
    ['lifecycle', 'can be opened and closed twice'],
    class extends MapTier {
      override open(): void {
        if (this.status === 'open') throw new Error('open already');
        super.open();
      }
    },
  ),
  plant(
    'open-twice-empties',
    'Loses its entries on a second open.',
    ['lifecycle', 'can be opened and closed twice'],
    class extends MapTier {
      override open(): void {
        this.rows.clear();
        super.open();
      }
    },
  ),
  plant(
    'close-before-open-throws',
    'Throws on a close before the first open.',
    ['lifecycle', 'can be closed before it was opened'],
    class extends MapTier {
      override close(): void {
        if (this.status === 'new') throw new Error('not open');
        super.close();
      }
    },
  ),
  plant(
    'not-opened-on-first-use',
    'Throws when it is used before it is opened.',
    ['lifecycle', 'opens on its first use'],
    class extends MapTier {
      protected override attempt<T>(fallback: T, work: () => T): T {
        return this.status === 'new' ? fallback : super.attempt(fallback, work);
      }
    },
  ),
  plant(
    'closed-for-good',
    'Throws when it is used after close.',
    ['lifecycle', 'reopens on the next use after close'],
    class extends MapTier {
      protected override attempt<T>(fallback: T, work: () => T): T {
        if (this.status === 'closed') throw new Error('closed');
        return super.attempt(fallback, work);
      }
    },
  ),
  plant(
    'opens-once-for-each-use',
    'Reopens its store for each of many concurrent first uses, and loses the entries stored by the first.',
    ['lifecycle', 'opens on many concurrent first uses'],
    class extends PromiseMapTier {
      #openings = 0;
      override async open(): Promise<void> {
        if (this.status === 'open') return;
        for (let turns = ++this.#openings; turns > 0; turns--) await this.turn();
        this.inner.close();
        this.status = 'open';
      }
    },
  ),
  plant(
    'close-does-not-wait',
    'Closes while operations are running, and they store into the closed tier.',
    ['lifecycle', 'can be closed while operations are running'],
    class extends PromiseMapTier {
      override async close(): Promise<void> {
        this.status = 'closed';
        this.inner.close();
      }
      protected override async transact<T>(work: () => T): Promise<T> {
        await this.turn();
        if (this.status === 'closed') throw new Error('closed during an operation');
        return work();
      }
    },
  ),
  plant(
    'promise-never-settles',
    'Never settles the promise of a get that misses.',
    ['basics', 'finds nothing under a key that was never stored'],
    class extends PromiseMapTier {
      override async get(key: string): Promise<CacheEntry | undefined> {
        return (await super.get(key)) ?? new Promise(() => {});
      }
    },
    PATIENCE,
  ),
  plant(
    'close-never-settles',
    'Never settles a close that overlaps with an open.',
    ['lifecycle', 'tolerates overlapping opens and closes'],
    class extends PromiseMapTier {
      override close(): Promise<void> {
        return this.status === 'opening' ? new Promise(() => {}) : super.close();
      }
    },
    PATIENCE,
  ),
  plant(
    'values-for-promises',
    'Returns values, but does not claim synchronous.',
    ['basics', 'returns an entry that put has stored'],
    class extends MapTier {
      constructor(setup: TierSetup) {
        super(setup, { synchronous: false });
      }
    },
  ),
  plant(
    'promises-for-values',
    'Claims synchronous, but returns promises.',
    ['basics', 'returns an entry that put has stored'],
    class extends PromiseMapTier {
      override get capabilities() {
        return { ...super.capabilities, synchronous: true };
      }
    },
  ),
  plant(
    'loses-on-close',
    'Removes its file when it is closed.',
    ['lifecycle', 'keeps entries across close'],
    class extends FileTier {
      protected override async doClose(): Promise<void> {
        this.write('');
      }
    },
  ),
  plant(
    'keeps-entries-across-close',
    'Keeps its entries across close, but does not claim persistent.',
    ['lifecycle', 'keeps no entries across close unless it claims persistent'],
    class extends MapTier {
      override close(): void {
        this.status = 'closed';
      }
    },
  ),
  plant(
    'deletes-undone-by-close',
    'Restores on close the entries deleted since it was opened.',
    ['lifecycle', 'keeps removals and replacements across close'],
    class extends FileTier {
      #atOpen = '';
      protected override async doOpen(): Promise<void> {
        await super.doOpen();
        this.#atOpen = this.read();
      }
      protected override async doClose(): Promise<void> {
        const { rows } = this.table;
        if (this.#atOpen === '') return;
        this.table.load(this.#atOpen);
        this.table.rows = new Map([...this.table.rows, ...rows]);
        this.write(this.table.save());
      }
    },
  ),
  plant(
    'async-error-unhandled',
    'Leaves a rejection of its own promise unhandled.',
    ['failures', 'leaves no rejection unhandled when its store is broken'],
    class extends PromiseMapTier {
      protected override async transact<T>(work: () => T): Promise<T> {
        const answer = super.transact(work);
        void answer.then(() => {});
        return answer;
      }
    },
  ),
];
