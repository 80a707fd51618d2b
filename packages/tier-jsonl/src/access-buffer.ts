import { CacheEntry } from '@pw/cache-models';
import type { AccessFacts } from './shard-operation.ts';

/** So many changes are written without waiting for the timer. */
const FLUSH_AT = 1000;
/** Milliseconds after which a change is written at the latest. */
const FLUSH_AFTER = 1000;

/**
 * Access metadata on its way to the files: reads see it at once, the files in batches. What a crash takes are counts of
 * the last second.
 */
export class AccessBuffer {
  readonly #pending = new Map<string, AccessFacts>();
  /** Writes one change; false if the key is gone. */
  readonly #write: (key: string, facts: AccessFacts) => Promise<unknown>;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(write: (key: string, facts: AccessFacts) => Promise<unknown>, failed: (error: unknown) => void) {
    this.#write = write;
    this.#failed = failed;
  }

  add(key: string, facts: AccessFacts): void {
    this.#pending.set(key, facts);
    if (this.#pending.size >= FLUSH_AT) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER).unref();
  }

  /** The eviction mark that is pending for a key. */
  markOf(key: string): boolean | undefined {
    return this.#pending.get(key)?.evictedFromL1;
  }

  /** The key has a new value, or none: what is pending is out of date. */
  forget(key: string): void {
    if (this.#pending.size > 0) this.#pending.delete(key);
  }

  clear(): void {
    this.#pending.clear();
  }

  /** The entry with what is pending for it. */
  overlay(entry: CacheEntry): CacheEntry {
    const facts = this.#pending.size === 0 ? undefined : this.#pending.get(entry.key);
    return facts === undefined ? entry : CacheEntry.restore({ ...entry, ...facts });
  }

  /** Writes all that is pending; faults are reported, never thrown, and what they hit stays pending. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flushAll(): Promise<void> {
    const changes = [...this.#pending];
    const results = await Promise.allSettled(changes.map(([key, facts]) => this.#write(key, facts)));
    for (const [at, result] of results.entries()) {
      const [key, facts] = changes[at]!;
      if (result.status === 'rejected') this.#failed(result.reason);
      else if (this.#pending.get(key) === facts) this.#pending.delete(key);
    }
  }
}
