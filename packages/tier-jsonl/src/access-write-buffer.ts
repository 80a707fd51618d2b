import { setImmediate as nextTurn } from 'node:timers/promises';
import { CacheEntry } from '@pw/cache-models';
import type { AccessFacts } from './shard/shard-operation.ts';

/** At this many pending changes, the buffer is flushed immediately instead of by the timer. */
const FLUSH_AT = 1000;
/** Milliseconds after which a change is written at the latest. */
const FLUSH_AFTER = 1000;

export interface AccessTarget {
  /** Writes one change; false if the key no longer exists. */
  write(key: string, facts: AccessFacts): Promise<unknown>;
  /** The shard that a key belongs to. */
  homeOf(key: string): number;
}

/**
 * Access metadata on its way to the files, write-behind: reads see it immediately, the files get it in batches. A crash
 * loses the counts of the last second at most.
 */
export class AccessWriteBuffer {
  readonly #pending = new Map<string, AccessFacts>();
  readonly #target: AccessTarget;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(target: AccessTarget, failed: (error: unknown) => void) {
    this.#target = target;
    this.#failed = failed;
  }

  add(key: string, facts: AccessFacts): void {
    this.#pending.set(key, facts);
    if (this.#pending.size >= FLUSH_AT && this.#flushing === undefined) void this.flush();
    else this.#flushLater();
  }

  /** The pending eviction mark of a key. */
  markOf(key: string): boolean | undefined {
    return this.#pending.get(key)?.evictedFromL1;
  }

  /** Drops the pending changes of a key that was replaced or removed. */
  forget(key: string): void {
    if (this.#pending.size > 0) this.#pending.delete(key);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending.clear();
  }

  /** The entry with its pending access metadata applied. */
  overlay(entry: CacheEntry): CacheEntry {
    const facts = this.#pending.size === 0 ? undefined : this.#pending.get(entry.key);
    return facts === undefined ? entry : CacheEntry.restore({ ...entry.toFields(), ...facts });
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
    const changes = Map.groupBy(this.#pending, ([key]) => this.#target.homeOf(key));
    const written: Promise<void>[] = [];
    for (const group of changes.values()) {
      for (const [key, facts] of group) if (this.#pending.get(key) === facts) written.push(this.#writeOne(key, facts));
      // Each shard locks, reads and writes synchronously: yield before the next one.
      if (changes.size > 1) await nextTurn();
    }
    await Promise.all(written);
  }

  async #writeOne(key: string, facts: AccessFacts): Promise<void> {
    try {
      await this.#target.write(key, facts);
      if (this.#pending.get(key) === facts) this.#pending.delete(key);
    } catch (error) {
      this.#failed(error);
    }
  }
}
