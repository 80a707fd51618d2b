import type { AccessUpdate, CacheEntry, TouchedEntries } from '@pw/cache-models';

/** The simplest correct record of touches: the newest count of each key, separate from the entries. */
export class TouchNotes implements TouchedEntries {
  protected readonly notes = new Map<string, AccessUpdate>();

  get count(): number {
    return this.notes.size;
  }
  of(key: string): AccessUpdate | undefined {
    return this.notes.get(key);
  }
  take(limit: number): AccessUpdate[] {
    const taken = [...this.notes.values()].slice(0, limit);
    for (const { key } of taken) this.notes.delete(key);
    return taken;
  }
  forget(key?: string): void {
    if (key === undefined) this.notes.clear();
    else this.notes.delete(key);
  }

  /** Records the entry after a touch. An entry that was put again may have lower counts. */
  note({ key, accessCount, lastAccessed }: CacheEntry): void {
    const before = this.notes.get(key) ?? { accessCount, lastAccessed };
    this.notes.set(key, {
      key,
      accessCount: Math.max(accessCount, before.accessCount),
      lastAccessed: Math.max(lastAccessed, before.lastAccessed),
    });
  }
}
