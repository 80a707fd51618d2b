import type { TierSetup } from '../../src/index.ts';
import { FileLeases, type FileLeasesContext } from '../tiers/file/file-leases.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { type Mutant, plant } from './mutant.ts';

/** A correct tier with other leases. */
function withLeases(Leases: new (context: FileLeasesContext) => FileLeases): new (setup: TierSetup) => FileTier {
  return class extends FileTier {
    protected override makeLeases(context: FileLeasesContext): FileLeases {
      return new Leases(context);
    }
  };
}

const ONE_OWNER = ['leases', 'gives a lease to one owner at a time'] as const;

export const leaseMutants: readonly Mutant[] = [
  plant(
    'lease-given-twice',
    'Gives a lease to everyone who asks for it.',
    ONE_OWNER,
    withLeases(
      class extends FileLeases {
        protected override live(): undefined {}
      },
    ),
  ),
  plant(
    'lease-released-by-anyone',
    'Releases a lease with any token.',
    ONE_OWNER,
    withLeases(
      class extends FileLeases {
        override async release(key: string): Promise<boolean> {
          return this.context.run(false, () => this.context.table.leases.delete(key));
        }
      },
    ),
  ),
  plant(
    'lease-never-ends',
    'Keeps a lease until it is released.',
    ['leases', 'ends a lease that is neither extended nor released'],
    withLeases(
      class extends FileLeases {
        override acquire(key: string, _milliseconds: number, token?: string) {
          return super.acquire(key, 2 ** 31 - 1, token);
        }
      },
    ),
    { deadlineMs: 400 },
  ),
  plant(
    'lease-not-extended',
    'Confirms a lease to its owner without extending it.',
    ['leases', 'extends a lease with its token'],
    withLeases(
      class extends FileLeases {
        override async acquire(key: string, milliseconds: number, token?: string) {
          if (token === undefined) return super.acquire(key, milliseconds);
          return this.context.run<string | null>(null, () => (this.live(key)?.token === token ? token : null));
        }
      },
    ),
  ),
  plant(
    'lease-of-any-length',
    'Accepts any number as the duration of a lease.',
    ['leases', 'refuses invalid arguments for a lease'],
    withLeases(
      class extends FileLeases {
        override acquire(key: string, milliseconds: number, token?: string) {
          return super.acquire(key, milliseconds >= 1 ? Math.min(milliseconds, 1000) : 1, token);
        }
      },
    ),
  ),
  plant(
    'lease-of-one-instance',
    'Keeps its leases in memory, where other instances do not see them.',
    ['leases', 'gives a lease to one of several instances'],
    withLeases(
      class extends FileLeases {
        readonly #own = new Map<string, string>();
        override async acquire(key: string): Promise<string | null> {
          if (this.#own.has(key)) return null;
          this.#own.set(key, key);
          return key;
        }
      },
    ),
  ),
];
