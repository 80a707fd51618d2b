import type { CacheEntry } from '@pw/cache-models';

const NO_KEY = 'has credentials, and there is no encryption key to seal them';

/** Without a key of its own the cache would seal with a random one, and nothing could open it again. */
export class CredentialGuard {
  refused = 0;
  readonly #hasKey: boolean;

  constructor(withKey: boolean) {
    this.#hasKey = withKey;
  }

  check(entry: CacheEntry): string | undefined {
    if (this.#hasKey || !entry.hasCredentials) return undefined;
    this.refused++;
    return NO_KEY;
  }
}
