import { numbersUpTo, wholeNumber } from '../replies/reply-parsers.ts';
import type { RedisStore } from './redis-store.ts';
import { CLAIM, LEASE } from './scripts.ts';
import type { Stamps } from './stored-record.ts';

/** Parses a reply of the script CLAIM. */
const claimed = (reply: unknown) => numbersUpTo([reply], 1, 2)[0]!;

/**
 * Leases on keys. Only the owner has the token; the server expires a lease that its owner neither extends nor releases.
 */
export class Leases {
  readonly #store: RedisStore;
  readonly #tokens: Stamps;
  readonly #onForeign: () => void;

  /** `onForeign` is called when a value that was not a lease was stored under the name of one and was replaced. */
  constructor(store: RedisStore, tokens: Stamps, onForeign: () => void) {
    this.#store = store;
    this.#tokens = tokens;
    this.#onForeign = onForeign;
  }

  /** The token, or `null` if another process holds the lease or has taken it over. */
  async acquire(key: string, milliseconds: number, token?: string): Promise<string | null> {
    const name = this.#store.names.name('l', key);
    const span = String(Math.max(1, Math.ceil(milliseconds)));
    if (token !== undefined)
      return (await this.#store.run(LEASE, [name], [token, span], wholeNumber)) === 1 ? token : null;
    const fresh = this.#tokens.next();
    const reply = await this.#store.run(CLAIM, [name], [fresh, span], claimed);
    if (reply === 2) this.#onForeign();
    return reply === 0 ? null : fresh;
  }

  async release(key: string, token: string): Promise<boolean> {
    const name = this.#store.names.name('l', key);
    return (await this.#store.run(LEASE, [name], [token, '0'], wholeNumber)) === 1;
  }
}
