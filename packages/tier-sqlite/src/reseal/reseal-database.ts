import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CredentialCipher,
  isTooLongKey,
  type Logger,
  type MaybePromise,
  type ResealCounts,
} from '@pw/cache-models';
import { isWithoutThread } from '../cleanup/cleanup-thread.ts';
import type { Fate } from '../quarantine/damaged-rows.ts';
import { At } from '../rows/entry-values.ts';
import { behind, type DamagedRow, keylessRows } from '../rows/keyless-rows.ts';
import type { EntryStore } from '../rows/row-store.ts';
import type { LogFolding } from '../wal/checkpointer.ts';
import { tokensInFilesAside } from './corrupt-files.ts';
import { resealPage } from './reseal-page.ts';
import { resealAside } from './reseal-quarantine.ts';
import { scrubDatabase } from './vacuum-database.ts';
import { type Scrubbing, scrubInThread } from './vacuum-thread.ts';

/** How often somebody who waits for the last step hears that it is still at work, in milliseconds. */
const SIGN_OF_LIFE_MS = 1000;
const NOTHING: ResealCounts = Object.freeze({ reencrypted: 0, alreadyCurrent: 0, unreadable: 0 });

/** What a re-encryption needs of its tier. */
export interface ResealContext {
  readonly path: string;
  readonly tier: string;
  readonly cipher: CredentialCipher;
  readonly batchSize: number;
  readonly logger: Logger;
  /** Whether a thread of its own may be used. */
  readonly inThread: boolean;
  readonly now: () => number;
  /** Runs work in one write transaction. */
  readonly write: <T>(work: (store: EntryStore) => T) => MaybePromise<T>;
  /** Runs other work on the open database. */
  readonly use: <T>(work: (store: EntryStore, folding: LogFolding) => T) => T;
  /** Sets a damaged row aside and counts it; `undefined` if that could not be done. */
  readonly setAside: (damaged: DamagedRow) => Promise<Fate>;
}

/**
 * Seals a database again: its rows, those that were set aside, and then everything that is in the file and no row holds any more
 * is wiped out. What lies in files that were set aside whole can only be counted. Throws what SQLite or the file system throws.
 */
export async function* resealDatabase(context: ResealContext): AsyncGenerator<ResealCounts> {
  yield* setKeylessAside(context);
  yield* resealRows(context);
  yield* resealQuarantine(context);
  for (const inQuarantine of tokensInFilesAside(context.path)) yield { ...NOTHING, inQuarantine };
  yield* scrub(context);
}

async function* setKeylessAside({ use, setAside, batchSize }: ResealContext): AsyncGenerator<ResealCounts> {
  for (;;) {
    const rows = use((store) => keylessRows(store, batchSize));
    if (rows.length === 0) return;
    const fates = await inTurn(rows, setAside);
    const left = fates.filter((fate) => fate !== 'set aside').length;
    if (left === 0) yield NOTHING;
    else {
      yield { ...NOTHING, inQuarantine: left };
      return;
    }
  }
}

async function inTurn(rows: readonly DamagedRow[], setAside: ResealContext['setAside']): Promise<Fate[]> {
  const fates: Fate[] = [];
  for (const row of rows) fates.push(await setAside(row));
  return fates;
}

async function* resealRows(context: ResealContext): AsyncGenerator<ResealCounts> {
  const { write, now, cipher, batchSize, setAside } = context;
  let after: string | undefined;
  do {
    const from = after;
    const run = () => write((store) => resealPage(store, cipher, from, batchSize, now()));
    let page = await run();
    let { counts } = page;
    let fates = await inTurn(page.damaged, setAside);
    if (fates.includes('repaired')) {
      // An index was wrong, not the row: the page is read once more, and finds current what was sealed a moment ago.
      const before = counts.reencrypted;
      page = await run();
      fates = await inTurn(page.damaged, setAside);
      counts = {
        ...page.counts,
        reencrypted: before + page.counts.reencrypted,
        alreadyCurrent: Math.max(0, page.counts.alreadyCurrent - before),
      };
    }
    after = page.last;
    const stays = page.damaged.findLast((_, i) => fates[i] !== 'set aside')?.row[At.KEY];
    // Rows that cannot be set aside would be met for ever.
    if (after !== undefined && typeof stays === 'string' && isTooLongKey(stays)) after = behind(stays);
    yield { ...counts, inQuarantine: fates.filter((fate) => fate !== 'set aside').length };
  } while (after !== undefined);
}

async function* resealQuarantine({ write, cipher, batchSize }: ResealContext): AsyncGenerator<ResealCounts> {
  let after: number | undefined;
  do {
    const from = after;
    const { inQuarantine, last } = await write((store) => resealAside(store, cipher, from, batchSize));
    after = last;
    yield { ...NOTHING, inQuarantine };
  } while (after !== undefined);
}

async function* scrub(context: ResealContext): AsyncGenerator<ResealCounts> {
  const { path, tier, use, logger } = context;
  if (!context.inThread) {
    use((store) => scrubDatabase(store.db));
    return;
  }
  // No commit is to fold a log that is as long as the database.
  const folding = use((_, open) => open);
  folding.pause();
  let scrubbing: Scrubbing | undefined;
  try {
    scrubbing = scrubInThread({ path });
    const state = { isDone: false };
    const done = scrubbing.done.finally(() => {
      state.isDone = true;
    });
    while (!state.isDone) {
      await Promise.race([done, sleep(SIGN_OF_LIFE_MS, undefined, { ref: false })]);
      yield NOTHING;
    }
    await done;
    return;
  } catch (error) {
    if (!isWithoutThread(error)) throw error;
  } finally {
    // Who broke the work off finds nobody at work on the file.
    await scrubbing?.stop();
    folding.resume();
  }
  logger.warn(
    { tier },
    'no thread can be started, so the database is rebuilt on the event loop; is the package part of a bundle?',
  );
  use((store) => scrubDatabase(store.db));
}
