import type { CacheEntry } from '@pw/cache-models';

const NO_KEY = 'has credentials, but there is no encryption key to encrypt them';

/**
 * Refuses entries with credentials when the user has set no key. The cache would encrypt them with a random key, which
 * is lost when the process ends.
 */
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
