import type { CacheEntry } from '@pw/cache-models';
import { type AccessUpdate, addAccess, claimEntry, copyEntry, countAccess } from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';
import { MapTier } from './map-tier.ts';

/** A {@link MapTier} that counts accesses in the entries that it keeps. */
export class CountingMapTier extends MapTier {
  protected readonly token = {};

  constructor(setup: TierSetup) {
    super(setup, { countsAccesses: true });
  }

  protected override takeIn(entry: CacheEntry): CacheEntry {
    return claimEntry(entry, this.token);
  }

  protected override lookUp(key: string): CacheEntry | undefined {
    const entry = super.lookUp(key);
    if (entry !== undefined) this.count(entry);
    return entry;
  }
  protected count(entry: CacheEntry): void {
    countAccess(entry, this.now());
  }

  protected override noteAccess(update: AccessUpdate): boolean {
    const row = this.live(update.key);
    if (row === undefined) return false;
    const { evictedFromL1 = row.entry.evictedFromL1 } = update;
    if (evictedFromL1 !== row.entry.evictedFromL1) row.entry = this.takeIn(copyEntry(row.entry, evictedFromL1));
    if (update.lastAccessed > row.entry.lastAccessed) this.use(row);
    this.add(row.entry, update);
    return true;
  }
  protected add(entry: CacheEntry, update: AccessUpdate): void {
    addAccess(entry, update);
  }
}
