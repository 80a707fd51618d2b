import { smallNumbers, wholeNumber } from '../replies/reply-parsers.ts';
import type { RedisStore } from './redis-store.ts';
import { CLAIM, LEASE } from './scripts.ts';
import type { Stamps } from './stored-record.ts';

/** An answer of the script CLAIM. */
const claimed = (answer: unknown) => smallNumbers([answer], 1, 2)[0]!;

/** Leases on keys, each with a token that only its owner knows; the server ends one whose owner does not. */
export class Leases {
  readonly #store: RedisStore;
  readonly #tokens: Stamps;
  readonly #onForeign: () => void;

  /** `onForeign` is called when something that is no lease had the name of one, and was replaced. */
  constructor(store: RedisStore, tokens: Stamps, onForeign: () => void) {
    this.#store = store;
    this.#tokens = tokens;
    this.#onForeign = onForeign;
  }

  /** The token, or `null` while another one holds the lease, or has got hold of it since. */
  async acquire(key: string, milliseconds: number, token?: string): Promise<string | null> {
    const name = this.#store.names.name('l', key);
    const span = String(Math.max(1, Math.ceil(milliseconds)));
    if (token !== undefined)
      return (await this.#store.run(LEASE, [name], [token, span], wholeNumber)) === 1 ? token : null;
    const fresh = this.#tokens.next();
    const came = await this.#store.run(CLAIM, [name], [fresh, span], claimed);
    if (came === 2) this.#onForeign();
    return came === 0 ? null : fresh;
  }

  async release(key: string, token: string): Promise<boolean> {
    const name = this.#store.names.name('l', key);
    return (await this.#store.run(LEASE, [name], [token, '0'], wholeNumber)) === 1;
  }
}
