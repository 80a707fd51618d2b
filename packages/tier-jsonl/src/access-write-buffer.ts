import { setImmediate as nextTurn } from 'node:timers/promises';
import { CacheEntry } from '@pw/cache-models';
import { addHits, stampEntry, versionOf } from '@pw/cache-models/tier';
import type { AccessFacts } from './shard/shard-operation.ts';

/** At this many pending changes, the buffer is flushed immediately instead of by the timer. */
const FLUSH_AT = 1000;
/** Milliseconds after which a change is written at the latest. */
const FLUSH_AFTER = 1000;

export interface AccessTarget {
  /**
   * Writes one change; false if the key no longer exists. Calls `onStored` in the step in which reads begin to see the
   * written line.
   */
  write(key: string, facts: AccessFacts, onStored: () => void): Promise<unknown>;
  /** The shard that a key belongs to. */
  homeOf(key: string): number;
}

/**
 * Accesses on their way to the files, write-behind: reads see them immediately, the files get them in batches, added to
 * the counts that they contain by then. A crash loses the counts of the last second at most.
 */
export class AccessWriteBuffer {
  readonly #pending = new Map<string, AccessFacts>();
  /** Changes that are being written. No key is written twice at the same time, because flushes do not overlap. */
  readonly #writing = new Map<string, AccessFacts>();
  readonly #target: AccessTarget;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(target: AccessTarget, failed: (error: unknown) => void) {
    this.#target = target;
    this.#failed = failed;
  }

  /** Adds accesses to those that are pending. */
  add(key: string, facts: AccessFacts): void {
    const before = this.#pending.get(key);
    this.#pending.set(key, before === undefined ? facts : sumOf(before, facts));
    if (this.#pending.size >= FLUSH_AT && this.#flushing === undefined) void this.flush();
    else this.#flushLater();
  }

  /** Drops the pending changes of a key that was replaced or removed. */
  forget(key: string): void {
    if (this.#pending.size > 0) this.#pending.delete(key);
    if (this.#writing.size > 0) this.#writing.delete(key);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending.clear();
    this.#writing.clear();
  }

  /** The entry with its pending access metadata applied. */
  overlay(entry: CacheEntry): CacheEntry {
    const written = this.#writing.size === 0 ? entry : withFacts(entry, this.#writing.get(entry.key));
    return this.#pending.size === 0 ? written : withFacts(written, this.#pending.get(entry.key));
  }

  /** Writes everything pending. Faults are reported, never thrown, and the changes they affect stay pending. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
      // Added in the meantime, or not written because of a fault.
      if (this.#pending.size > 0) this.#flushLater();
    });
    return this.#flushing;
  }

  /** Like `flush`, but also writes changes that were added while a flush was under way. */
  async settle(): Promise<void> {
    await this.#flushing;
    await this.flush();
  }

  #flushLater(): void {
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER).unref();
  }

  async #flushAll(): Promise<void> {
    const changes = Map.groupBy(this.#pending.keys(), (key) => this.#target.homeOf(key));
    const written: Promise<void>[] = [];
    for (const keys of changes.values()) {
      for (const key of keys) {
        const facts = this.#pending.get(key);
        if (facts !== undefined) written.push(this.#writeOne(key, facts));
      }
      // Each shard locks, reads and writes synchronously: yield before the next one.
      if (changes.size > 1) await nextTurn();
    }
    await Promise.all(written);
  }

  async #writeOne(key: string, facts: AccessFacts): Promise<void> {
    this.#pending.delete(key);
    this.#writing.set(key, facts);
    // False if the value was replaced or removed meanwhile: these accesses are obsolete then.
    const take = () => this.#writing.get(key) === facts && this.#writing.delete(key);
    try {
      await this.#target.write(key, facts, take);
      take();
    } catch (error) {
      if (take()) {
        const later = this.#pending.get(key);
        this.#pending.set(key, later === undefined ? facts : sumOf(facts, later));
      }
      this.#failed(error);
    }
  }
}

function sumOf(before: AccessFacts, after: AccessFacts): AccessFacts {
  return {
    hits: addHits(before.hits, after.hits),
    lastAccessed: Math.max(before.lastAccessed, after.lastAccessed),
    evictedFromL1: after.evictedFromL1 ?? before.evictedFromL1,
  };
}

function withFacts(entry: CacheEntry, facts: AccessFacts | undefined): CacheEntry {
  if (facts === undefined) return entry;
  const counted = CacheEntry.restore({
    ...entry.toFields(),
    accessCount: addHits(entry.accessCount, facts.hits),
    lastAccessed: Math.max(entry.lastAccessed, facts.lastAccessed),
    evictedFromL1: facts.evictedFromL1 ?? entry.evictedFromL1,
  });
  // The same value: only a write gives another version.
  return stampEntry(counted, versionOf(entry));
}
