import { type CacheEntry, CacheStorageError, type Clock, type MaybePromise } from '@pw/cache-models';
import {
  type LoggedWrite,
  type MarkedRecord,
  type Marks,
  nextVersionAlone,
  type RecordChange,
  stampEntry,
  type TierMarks,
  versionOf,
} from '@pw/cache-models/tier';
import type { EntryCodec } from '../entry-codec.ts';
import { ask, decideOnce } from '../entry-update.ts';
import type { JsonlStore } from '../jsonl-store.ts';
import { versionIn } from '../lines/record-line.ts';
import type { StoredPut } from '../put-batch.ts';
import type { ShardView } from '../shard/shard-operation.ts';
import {
  checkAfter,
  checkAnswer,
  checkChange,
  checkChanged,
  checkEntries,
  checkFunction,
  checkKey,
  checkKeys,
  checkVersion,
  checkWrites,
} from './marks-arguments.ts';

export interface JsonlMarksContext {
  readonly store: JsonlStore;
  readonly codec: EntryCodec;
  readonly clock: Clock;
  /** Runs an operation of the tier; `fallback` after a fault of the store. */
  readonly run: <T>(fallback: T, work: () => Promise<T>) => Promise<T>;
  /** Like `run`, without a promise if the answer needs none. */
  readonly runNow: <T>(fallback: T, work: () => MaybePromise<T>) => MaybePromise<T>;
}

type Change = (entry: CacheEntry) => CacheEntry | null | undefined;

interface AloneOptions {
  readonly after: number;
  readonly timeoutMs: number;
}

/**
 * The part `marks` of the tier. Entries are sealed before a lock is taken, and the callers' functions are called with
 * it held. An operation on keys of several shards takes each of their locks by itself: a function that throws ends the
 * operation in its own shard before anything was changed there.
 */
export class JsonlMarks implements TierMarks {
  readonly #context: JsonlMarksContext;
  readonly #store: JsonlStore;
  readonly #codec: EntryCodec;

  constructor(context: JsonlMarksContext) {
    this.#context = context;
    this.#store = context.store;
    this.#codec = context.codec;
  }

  async read(): Promise<Marks | undefined> {
    return this.#run<Marks | undefined>(undefined, () => this.#store.readMarks());
  }

  isMarked(key: string): MaybePromise<boolean | undefined> {
    checkKey('key', key);
    return this.#context.runNow<boolean | undefined>(undefined, () => this.#store.isMarked(key));
  }

  async putIf(
    entries: readonly CacheEntry[],
    isWanted: (entry: CacheEntry, mark: number | undefined) => boolean,
  ): Promise<readonly boolean[] | undefined> {
    checkEntries(entries);
    checkFunction('isWanted', isWanted);
    const puts = entries.map((entry, at) => ({ at, key: entry.key, entry, put: this.#codec.encode(entry) }));
    return this.#run<readonly boolean[] | undefined>(undefined, async () => {
      const stored = puts.map(() => false);
      await this.#store.decide(puts, keyOf, (view, some) => {
        const isPut = some.map(({ key, entry }) =>
          ask(() => checkAnswer('isWanted()', isWanted(entry, view.markOf(key)))),
        );
        for (const [i, { at, key, put }] of some.entries()) {
          stored[at] = isPut[i]!;
          if (stored[at]) this.#put(view, key, put);
          if (stored[at]) view.unmark(key);
        }
      });
      await this.#store.makeRoom(puts.filter(({ at }) => stored[at]).map(keyOf));
      return stored;
    });
  }

  async deleteIf(
    keys: readonly string[],
    isUnwanted: (key: string, mark: number | undefined) => boolean,
  ): Promise<readonly boolean[] | undefined> {
    checkKeys(keys);
    checkFunction('isUnwanted', isUnwanted);
    const items = keys.map((key, at) => ({ at, key }));
    return this.#run<readonly boolean[] | undefined>(undefined, async () => {
      const now = this.#context.clock.now();
      const wereLive = items.map(() => false);
      await this.#store.decide(items, keyOf, (view, some) => {
        const areGone = some.map(({ key }) =>
          ask(() => checkAnswer('isUnwanted()', isUnwanted(key, view.markOf(key)))),
        );
        for (const [i, { at, key }] of some.entries()) {
          wereLive[at] = areGone[i]! && this.#remove(view, key, now);
          if (areGone[i]) view.unmark(key);
        }
      });
      return wereLive;
    });
  }

  async writeAlone(writes: readonly LoggedWrite[], options: AloneOptions): Promise<readonly number[] | undefined> {
    checkWrites(writes);
    checkAfter(options);
    const deadline = new Deadline(options.timeoutMs);
    const items = writes.map(({ key, entry }, at) => {
      return { at, key, encode: entry === null ? undefined : this.#codec.prepare(entry) };
    });
    return this.#run<readonly number[] | undefined>(undefined, async () => {
      const versions: number[] = items.map(() => 0);
      let { after } = options;
      await this.#store.decide(items, keyOf, (view, some) => {
        if (!deadline.mayBegin(some)) return;
        for (const { at, key, encode } of some) {
          after = this.#versionAlone(view, key, after);
          versions[at] = after;
          this.#writeAlone(view, key, encode?.(after), after);
        }
      });
      deadline.throwIfPassed();
      await this.#store.makeRoom(items.filter(({ encode }) => encode !== undefined).map(keyOf));
      return versions;
    });
  }

  async updateAlone(key: string, change: Change, options: AloneOptions): Promise<CacheEntry | null | undefined> {
    checkKey('key', key);
    checkFunction('change', change);
    checkAfter(options);
    const { after } = options;
    const deadline = new Deadline(options.timeoutMs);
    return this.#run<CacheEntry | null | undefined>(undefined, async () => {
      const updated = await decideOnce(this.#store, key, (view) =>
        deadline.mayBegin(key) ? this.#updateAlone(view, key, change, after) : undefined,
      );
      deadline.throwIfPassed();
      if (updated) await this.#store.makeRoom([key]);
      return updated;
    });
  }

  async clearAlone(options: AloneOptions): Promise<number | undefined> {
    checkAfter(options);
    const deadline = new Deadline(options.timeoutMs);
    return this.#run<number | undefined>(undefined, async () => {
      const marks = await this.#store.readMarks();
      const newest = Math.max(options.after, await this.#store.newestVersion(), ...marks.values());
      let version = 0;
      // Once everything is marked, the clear is made: whatever is older does not count any more.
      await this.#store.decide(
        [null],
        () => null,
        (view) => {
          if (!deadline.mayBegin(options)) return;
          version = nextVersionAlone(this.#context.clock.now(), newest, view.ownMarkOf(null) ?? 0);
          view.mark(null, version);
        },
      );
      deadline.throwIfPassed();
      await this.#store.clearOlder(version);
      return version;
    });
  }

  async clearOlder(version: number): Promise<boolean> {
    checkVersion('version', version);
    return this.#run(false, async () => {
      const left = await this.#store.clearOlder(version);
      const marks = await this.#store.readMarks();
      const mark = marks.get(null);
      // A mark of 0 speaks of the entries that are there.
      if (mark !== undefined && mark <= version && (mark > 0 || left === 0)) await this.#unmarkAll(mark);
      return true;
    });
  }

  async withoutVersion(): Promise<readonly string[] | undefined> {
    return this.#run<readonly string[] | undefined>(undefined, () => this.#store.keysWithoutVersion());
  }

  async markAll(): Promise<boolean> {
    return this.#run(false, async () => {
      await this.#store.decide(
        [null],
        () => null,
        (view) => view.mark(null, 0),
      );
      return true;
    });
  }

  async unmarkAll(mark: number): Promise<boolean> {
    checkVersion('mark', mark);
    return this.#run(false, () => this.#unmarkAll(mark));
  }

  async change(key: string, decide: (found: MarkedRecord) => RecordChange | undefined): Promise<boolean> {
    checkKey('key', key);
    checkFunction('decide', decide);
    return this.#run(false, async () => {
      let isPut = false;
      await this.#store.decide(
        [key],
        (only) => only,
        (view) => {
          isPut = this.#change(view, key, decide);
        },
      );
      if (isPut) await this.#store.makeRoom([key]);
      return true;
    });
  }

  #change(view: ShardView, key: string, decide: (found: MarkedRecord) => RecordChange | undefined): boolean {
    const found = new FoundRecord(view.markOf(key), () => this.#entryIn(view, key));
    const { change, put } = ask(() => {
      const decided = checkChange(key, decide(found));
      return { change: decided, put: decided.put === undefined ? undefined : this.#codec.encode(decided.put) };
    });
    found.close();
    if (put !== undefined) this.#put(view, key, put);
    if (change.drop === true) this.#remove(view, key, 0);
    if (change.unmark === true) view.unmark(key);
    return put !== undefined;
  }

  #entryIn(view: ShardView, key: string): CacheEntry | undefined {
    return this.#codec.decodeOrSkip(this.#store.recordOf(view, key));
  }

  /** The mark of everything is in the first shard; one in another file stands for a damaged line of it. */
  async #unmarkAll(mark: number): Promise<boolean> {
    let isDone = false;
    const marks = await this.#store.readMarks();
    if (marks.get(null) !== mark) return false;
    await this.#store.decideEverywhere((view) => {
      const own = view.ownMarkOf(null);
      if (own === undefined || own > mark) return;
      view.unmark(null);
      isDone ||= own === mark;
    });
    return isDone;
  }

  #versionAlone(view: ShardView, key: string, after: number): number {
    const raw = this.#store.recordOf(view, key);
    const known = raw === undefined ? 0 : versionIn(raw);
    return nextVersionAlone(this.#context.clock.now(), after, known, view.markOf(key) ?? 0);
  }

  #updateAlone(view: ShardView, key: string, change: Change, after: number): CacheEntry | null | undefined {
    const entry = this.#entryIn(view, key);
    const removal = view.markOf(key) ?? 0;
    if (entry === undefined || entry.isExpiredAt(this.#context.clock.now()) || versionOf(entry) < removal)
      return undefined;
    const { changed, encode } = ask(() => {
      const result = checkChanged(key, change(entry));
      return { changed: result, encode: result ? this.#codec.prepare(result) : undefined };
    });
    if (changed === undefined) return undefined;
    const version = this.#versionAlone(view, key, after);
    if (encode === undefined) this.#writeAlone(view, key, undefined, version);
    else {
      const { line, facts } = encode(version);
      view.mark(key, 0);
      // Accesses that are still to be written are added to the new line.
      view.rewrite(key, line, facts);
    }
    return changed && stampEntry(changed, version);
  }

  /** The mark of a removal stays with a newer entry, which counts all the same. */
  #writeAlone(view: ShardView, key: string, put: StoredPut | undefined, version: number): void {
    view.mark(key, put === undefined ? version : 0);
    if (put === undefined) this.#remove(view, key, 0);
    else this.#put(view, key, put);
  }

  #put(view: ShardView, key: string, { line, facts }: StoredPut): void {
    this.#store.forgetAccess(key);
    view.put(key, line, facts);
  }

  #remove(view: ShardView, key: string, now: number): boolean {
    this.#store.forgetAccess(key);
    return view.remove(key, now);
  }

  #run<T>(fallback: T, work: () => Promise<T>): Promise<T> {
    return this.#context.run(fallback, work);
  }
}

/** A record as it was read under the lock; readable while the lock is held. */
class FoundRecord implements MarkedRecord {
  readonly mark: number | undefined;
  #read: (() => CacheEntry | undefined) | undefined;
  #entry: CacheEntry | undefined;

  constructor(mark: number | undefined, read: () => CacheEntry | undefined) {
    this.mark = mark;
    this.#read = read;
  }

  get entry(): CacheEntry | undefined {
    if (this.#read !== undefined) this.#entry = this.#read();
    this.#read = undefined;
    return this.#entry;
  }

  close(): void {
    this.#read = undefined;
  }
}

/** The time until which a write may begin. One that has begun goes on, also if its lock was lost in the middle. */
class Deadline {
  readonly #end: number;
  readonly #begun = new Set<unknown>();
  #isPassed = false;

  constructor(timeoutMs: number) {
    this.#end = performance.now() + timeoutMs;
  }

  mayBegin(work: unknown): boolean {
    if (this.#begun.has(work)) return true;
    if (performance.now() > this.#end) {
      this.#isPassed = true;
      return false;
    }
    this.#begun.add(work);
    return true;
  }

  /** Throws a CacheStorageError if something did not begin. */
  throwIfPassed(): void {
    if (!this.#isPassed) return;
    throw new CacheStorageError(
      'JSONL tier: a write could not begin within its `timeoutMs`, and was not made; try again',
    );
  }
}

function keyOf({ key }: { readonly key: string }): string {
  return key;
}
