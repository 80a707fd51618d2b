import { randomUUID } from 'node:crypto';
import type { MaybePromise } from '@pw/cache-models';
import { checkArgument, Kinds, optional, type TierLeases } from '@pw/cache-models/tier';
import type { RowStore } from './rows/row-store.ts';
import { boundedNumber, boundedText } from './rows/value-limits.ts';
import { LEASES } from './schema/schema-definitions.ts';
import type { TierWork } from './tier-work.ts';
import { STORABLE_KEY } from './write-arguments.ts';

const FIND = `SELECT ${boundedText('token')}, ${boundedNumber('until')} FROM ${LEASES} WHERE key = ?`;
const STORE = `INSERT INTO ${LEASES} (key, token, until) VALUES (?, ?, ?)
  ON CONFLICT(key) DO UPDATE SET token = excluded.token, until = excluded.until`;
const END = `DELETE FROM ${LEASES} WHERE key = ?`;
/** Removes leases that have ended, out of the first rows: another program may have added any number. */
const SWEEP = `DELETE FROM ${LEASES} WHERE key IN (SELECT key FROM (SELECT key, until FROM ${LEASES} LIMIT 100) WHERE until <= ?)`;

/**
 * Leases of keys in a table of their own, which all tiers on the file share. They end by the system's clock, not by the
 * tier's: it is the one that all processes on a machine have in common.
 */
export class SqliteLeases implements TierLeases {
  readonly #work: TierWork;

  constructor(work: TierWork) {
    this.#work = work;
  }

  acquire(key: string, milliseconds: number, token?: string): MaybePromise<string | null | undefined> {
    checkArgument('key', key, STORABLE_KEY);
    checkArgument('milliseconds', milliseconds, Kinds.milliseconds);
    checkArgument('token', token, optional(Kinds.string));
    return this.#work.run<MaybePromise<string | null | undefined>>(undefined, () =>
      this.#work.transact((store) => {
        const now = Date.now();
        if (holderOf(store, key, now) !== token) return null;
        const given = token ?? randomUUID();
        store.statements.of(SWEEP).run(now);
        store.statements.of(STORE).run(key, given, now + milliseconds);
        return given;
      }),
    );
  }

  release(key: string, token: string): MaybePromise<boolean> {
    checkArgument('key', key, STORABLE_KEY);
    checkArgument('token', token, Kinds.string);
    return this.#work.run<MaybePromise<boolean>>(false, () =>
      this.#work.transact((store) => {
        if (holderOf(store, key, Date.now()) !== token) return false;
        store.statements.of(END).run(key);
        return true;
      }),
    );
  }
}

/** The token of the lease of a key; `undefined` if nobody has it. */
function holderOf({ statements }: RowStore, key: string, now: number): unknown {
  const [token, until] = (statements.of(FIND).raw().get(key) as [unknown, unknown] | undefined) ?? [];
  return typeof until === 'number' && until > now ? token : undefined;
}
