import { BaseTier, type CacheEntry } from '@pw/cache-models';

/** A tier that accepts everything and stores nothing, to measure the layers above it alone. */
export class NullTier extends BaseTier<'sync'> {
  constructor() {
    super(
      {},
      {
        mode: 'sync',
        tierType: 'l1_memory',
      },
    );
  }

  protected override doGet(): undefined {}
  protected override doPut(): boolean {
    return true;
  }
  protected override doPutMany(entries: readonly CacheEntry[]): boolean[] {
    return new Array<boolean>(entries.length).fill(true);
  }
  protected override doGetMany(): Map<string, CacheEntry> {
    return new Map();
  }
  protected override doDelete(): boolean {
    return false;
  }
  protected override doClear(): number {
    return 0;
  }
  protected override doHas(): boolean {
    return false;
  }
  protected override doSize(): number {
    return 0;
  }
  protected override doKeys(): string[] {
    return [];
  }
  protected override doEntries(): CacheEntry[] {
    return [];
  }
  protected override doCleanupExpired(): number {
    return 0;
  }
}
