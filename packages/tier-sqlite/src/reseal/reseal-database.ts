import { setTimeout as sleep } from 'node:timers/promises';
import type { CredentialCipher, Logger, MaybePromise } from '@pw/cache-models';
import { isTooLongKey, type ResealCounts } from '@pw/cache-models/tier';
import { isThreadUnavailable } from '../database/start-worker.ts';
import type { Outcome } from '../quarantine/damaged-rows.ts';
import { At } from '../rows/entry-values.ts';
import { afterPrefix } from '../rows/key-order.ts';
import { type DamagedRow, keylessRows } from '../rows/keyless-rows.ts';
import type { RowStore } from '../rows/row-store.ts';
import type { Checkpointer } from '../wal/checkpointer.ts';
import { tokensInCorruptFiles } from './corrupt-files.ts';
import { resealPage } from './reseal-page.ts';
import { resealQuarantinePage } from './reseal-quarantine.ts';
import { vacuumDatabase } from './vacuum-database.ts';
import { type VacuumRun, vacuumInThread } from './vacuum-thread.ts';

/** How often the last step, which may take long, reports to the caller, in milliseconds. */
const HEARTBEAT_MS = 1000;
const NOTHING: ResealCounts = Object.freeze({ reencrypted: 0, alreadyCurrent: 0, unreadable: 0 });

/** The parts of its tier that a re-encryption uses. */
export interface ResealContext {
  readonly path: string;
  readonly tier: string;
  readonly cipher: CredentialCipher;
  readonly batchSize: number;
  readonly logger: Logger;
  /** Whether a worker thread may be used. */
  readonly inThread: boolean;
  readonly now: () => number;
  /** Runs work in one write transaction. */
  readonly transact: <T>(work: (store: RowStore) => T) => MaybePromise<T>;
  /** Runs other work on the open database. */
  readonly withStore: <T>(work: (store: RowStore, checkpointer: Checkpointer) => T) => T;
  /** Sets a damaged row aside and counts it; `undefined` if that was not possible. */
  readonly setAside: (damaged: DamagedRow) => Promise<Outcome>;
}

/**
 * Re-encrypts a database: its rows, then its quarantine; finally the file is rebuilt, so that no trace of the old
 * tokens remains. Tokens in files that were set aside as corrupt can only be counted. Throws the errors of SQLite and
 * the file system.
 */
export async function* resealDatabase(context: ResealContext): AsyncGenerator<ResealCounts> {
  yield* setKeylessAside(context);
  yield* resealRows(context);
  yield* resealQuarantine(context);
  for (const inQuarantine of tokensInCorruptFiles(context.path)) yield { ...NOTHING, inQuarantine };
  yield* vacuum(context);
}

async function* setKeylessAside({ withStore, setAside, batchSize }: ResealContext): AsyncGenerator<ResealCounts> {
  for (;;) {
    const rows = withStore((store) => keylessRows(store.statements, batchSize));
    if (rows.length === 0) return;
    const outcomes = await sequentially(rows, setAside);
    const left = outcomes.filter((outcome) => outcome !== 'set aside').length;
    if (left === 0) yield NOTHING;
    else {
      yield { ...NOTHING, inQuarantine: left };
      return;
    }
  }
}

async function sequentially(rows: readonly DamagedRow[], setAside: ResealContext['setAside']): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const row of rows) outcomes.push(await setAside(row));
  return outcomes;
}

async function* resealRows(context: ResealContext): AsyncGenerator<ResealCounts> {
  const { transact, now, cipher, batchSize, setAside } = context;
  let after: string | undefined;
  do {
    const from = after;
    const run = () => transact((store) => resealPage(store, { cipher, after: from, limit: batchSize, now: now() }));
    let page = await run();
    let { counts } = page;
    let outcomes = await sequentially(page.damaged, setAside);
    if (outcomes.includes('repaired')) {
      // An index was wrong, not the row: the page is processed again, and the rows that were just re-encrypted now
      // count as current.
      const before = counts.reencrypted;
      page = await run();
      outcomes = await sequentially(page.damaged, setAside);
      counts = {
        ...page.counts,
        reencrypted: before + page.counts.reencrypted,
        alreadyCurrent: Math.max(0, page.counts.alreadyCurrent - before),
      };
    }
    after = page.last;
    const stuck = page.damaged.findLast((_, i) => outcomes[i] !== 'set aside')?.row[At.KEY];
    // Rows that cannot be set aside would be found again without end.
    if (after !== undefined && typeof stuck === 'string' && isTooLongKey(stuck)) after = afterPrefix(stuck);
    yield { ...counts, inQuarantine: outcomes.filter((outcome) => outcome !== 'set aside').length };
  } while (after !== undefined);
}

async function* resealQuarantine({ transact, cipher, batchSize }: ResealContext): AsyncGenerator<ResealCounts> {
  let after: number | undefined;
  do {
    const from = after;
    const { inQuarantine, last } = await transact((store) => resealQuarantinePage(store, cipher, from, batchSize));
    after = last;
    yield { ...NOTHING, inQuarantine };
  } while (after !== undefined);
}

async function* vacuum(context: ResealContext): AsyncGenerator<ResealCounts> {
  const { path, tier, withStore, logger } = context;
  if (!context.inThread) {
    withStore((store) => vacuumDatabase(store.db));
    return;
  }
  // No commit should checkpoint a log as long as the database.
  const checkpointer = withStore((_, open) => open);
  checkpointer.pause();
  let running: VacuumRun | undefined;
  try {
    running = vacuumInThread({ path });
    const state = { isDone: false };
    const done = running.done.finally(() => {
      state.isDone = true;
    });
    while (!state.isDone) {
      await Promise.race([done, sleep(HEARTBEAT_MS, undefined, { ref: false })]);
      yield NOTHING;
    }
    await done;
    return;
  } catch (error) {
    if (!isThreadUnavailable(error)) throw error;
  } finally {
    // Also runs when the caller ends the generator early, so that no thread works on the file afterwards.
    await running?.stop();
    checkpointer.resume();
  }
  logger.warn(
    { tier },
    'no worker thread can be started, so the database is rebuilt on the event loop; if the package is bundled, ship its worker files beside the bundle',
  );
  withStore((store) => vacuumDatabase(store.db));
}
