import { textOrNull, wholeNumber } from './answers.ts';
import type { RedisStore } from './redis-store.ts';
import { LEASE } from './scripts.ts';
import type { Stamps } from './stored-record.ts';

/** Leases on keys, each with a token that only its owner knows; the server ends one whose owner does not. */
export class Leases {
  readonly #store: RedisStore;
  readonly #tokens: Stamps;

  constructor(store: RedisStore, tokens: Stamps) {
    this.#store = store;
    this.#tokens = tokens;
  }

  /** The token, or `null` while another one holds the lease, or has got hold of it since. */
  async acquire(key: string, milliseconds: number, token?: string): Promise<string | null> {
    const name = this.#store.names.name('l', key);
    const span = String(Math.max(1, Math.ceil(milliseconds)));
    if (token !== undefined)
      return (await this.#store.run(LEASE, [name], [token, span], wholeNumber)) === 1 ? token : null;
    const fresh = this.#tokens.next();
    const came = await this.#store.send(name, ['SET', name, fresh, 'NX', 'PX', span], textOrNull);
    return came === 'OK' ? fresh : null;
  }

  async release(key: string, token: string): Promise<boolean> {
    const name = this.#store.names.name('l', key);
    return (await this.#store.run(LEASE, [name], [token, '0'], wholeNumber)) === 1;
  }
}
