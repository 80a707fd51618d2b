import { type CacheEntry, CacheStorageError } from '@pw/cache-models';
import { changedOrRemoved } from '@pw/cache-models/tier';
import type { EntryCodec } from './entry-codec.ts';
import type { JsonlStore } from './jsonl-store.ts';
import { CallerFault, type ShardView } from './shard/shard-operation.ts';

export interface EntryUpdate {
  readonly key: string;
  readonly change: (entry: CacheEntry) => CacheEntry | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Changes the live entry of a key under the lock of its shard; see `CacheTier.update`. Throws like {@link decideOnce}.
 */
export async function updateEntry(
  store: JsonlStore,
  codec: EntryCodec,
  { key, change, now }: EntryUpdate,
): Promise<CacheEntry | null | undefined> {
  return decideOnce(store, key, (view) => {
    const entry = codec.decodeOrSkip(store.recordOf(view, key));
    if (entry === undefined || entry.isExpiredAt(now)) return undefined;
    const answer = changeIn(view, codec, entry, { key, change, now });
    if (answer === null) store.forgetAccess(key);
    return answer;
  });
}

/**
 * Changes a key under the lock of its shard; `undefined` means that nothing was changed. Throws a CacheStorageError if
 * the lock was lost after a change was decided: whether it was made cannot be known, and making it again might count
 * something twice.
 */
export async function decideOnce<T>(
  store: JsonlStore,
  key: string,
  decide: (view: ShardView) => T | undefined,
): Promise<T | undefined> {
  let answer: T | undefined;
  let isInDoubt = false;
  await store.decide(
    [key],
    (only) => only,
    (view) => {
      isInDoubt ||= answer !== undefined;
      if (!isInDoubt) answer = decide(view);
    },
  );
  if (!isInDoubt) return answer;
  throw new CacheStorageError(
    'JSONL tier: the lock of a shard was lost during an update, which may or may not have been made; read the entry',
  );
}

function changeIn(
  view: ShardView,
  codec: EntryCodec,
  entry: CacheEntry,
  { key, change, now }: EntryUpdate,
): CacheEntry | null {
  const { changed, put } = ask(() => {
    const result = changedOrRemoved(entry, change);
    return { changed: result, put: result === null ? undefined : codec.encode(result) };
  });
  if (put === undefined) view.remove(key, now);
  // Accesses that are still to be written are added to the new line.
  else view.rewrite(key, put.line, put.facts);
  return changed;
}

/** Calls a function of the caller, or checks its answer: an error is the caller's, not one of the store. */
export function ask<T>(question: () => T): T {
  try {
    return question();
  } catch (error) {
    throw new CallerFault(error);
  }
}
