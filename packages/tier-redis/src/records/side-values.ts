import { CacheCorruptionError } from '@pw/cache-models';
import { checkSideValue, isSideValue, type SideValues } from '@pw/cache-models/tier';
import { stringOrNull, wholeNumber } from '../replies/reply-parsers.ts';
import type { RedisStore } from './redis-store.ts';
import { SWAP } from './scripts.ts';

/**
 * Side values. They never expire, and operations on entries do not see them, because their names have another prefix.
 */
export class RedisSideValues implements SideValues {
  readonly #store: RedisStore;
  readonly #open: () => Promise<void>;

  /** `open` opens the tier, and rejects while it is disabled. */
  constructor(store: RedisStore, open: () => Promise<void>) {
    this.#store = store;
    this.#open = open;
  }

  async read(name: string): Promise<string | undefined> {
    checkSideValue(name);
    await this.#open();
    const at = this.#store.names.name('v', name);
    return checkedValue(name, await this.#store.send(at, ['GET', at], stringOrNull));
  }

  async storeIfAbsent(name: string, value: string): Promise<string> {
    checkSideValue(name, value);
    await this.#open();
    const at = this.#store.names.name('v', name);
    return checkedValue(name, await this.#store.send(at, ['SET', at, value, 'NX', 'GET'], stringOrNull)) ?? value;
  }

  async replace(name: string, expected: string, value: string): Promise<boolean> {
    checkSideValue(name, expected, value);
    await this.#open();
    return (await this.#store.run(SWAP, [this.#store.names.name('v', name)], [expected, value], wholeNumber)) === 1;
  }
}

function checkedValue(name: string, found: string | null): string | undefined {
  if (found === null) return undefined;
  if (isSideValue(found)) return found;
  throw new CacheCorruptionError(`the side value "${name}" on the server is damaged; delete it if it is not needed`);
}
