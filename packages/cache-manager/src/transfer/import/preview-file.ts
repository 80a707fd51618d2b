import { randomBytes } from 'node:crypto';
import { type CacheEntry, type Clock, type CredentialCipher, systemClock } from '@pw/cache-models';
import { type ArgumentKind, Kinds, optional, wholeNumber } from '@pw/cache-models/tier';
import type { WarmResult } from './import-tally.ts';
import type { FileOrBytes } from './input/file-or-bytes.ts';
import { IDENTITY_KEY_BYTES, PasswordMac } from './keys/password-mac.ts';
import { warmFromFile } from './warm-from-file.ts';
import {
  DEFAULT_TTL_SECONDS,
  parseWarmOptions,
  WARM_OPTIONS,
  type WarmOptions,
  type WarmTarget,
} from './warm-options.ts';

export interface PreviewOptions extends WarmOptions {
  /**
   * The most entries returned: 0 to 10,000.
   *
   * @default 10
   */
  readonly limit?: number | undefined;
  /**
   * Opens the sealed credentials of an exported file. Without it, such rows fail.
   *
   * @default none
   */
  readonly cipher?: CredentialCipher | undefined;
  /**
   * Tells when the proxies were fetched.
   *
   * @default the system clock
   */
  readonly clock?: Clock | undefined;
}

/** The result of an import into an empty cache: `loaded` counts the rows that it would store. */
export interface FilePreview extends WarmResult {
  /** The first entries, in the order of the file. `reveal()` shows their credentials. */
  readonly entries: readonly CacheEntry[];
}

const DEFAULT_LIMIT = 10;
const OPTIONS: Readonly<Record<keyof PreviewOptions, ArgumentKind>> = Object.freeze({
  limit: optional(wholeNumber(0, 10_000)),
  cipher: optional(Kinds.cipher),
  clock: optional(Kinds.clock),
  ...WARM_OPTIONS,
});

/**
 * Reads a file to the end like `warmFromFile` but stores nothing, to show how the file is understood. Rows without a
 * TTL get the default one, and with `keyIdentity: 'url+credentials'` the keys differ from those of any cache. Memory
 * does not grow with the file.
 *
 * Rejects with a CacheValidationError for a wrong option, and with the signal's reason.
 *
 * @example
 * ```ts
 * const { entries, loaded, failed, problems } = await previewFile('proxies.txt', { limit: 3 });
 * for (const entry of entries) console.log(entry.toUrl({ credentials: false }), entry.labels);
 * ```
 */
export async function previewFile(file: FileOrBytes, options: PreviewOptions = {}): Promise<FilePreview> {
  parseWarmOptions(file, options as WarmOptions, OPTIONS);
  const { limit = DEFAULT_LIMIT, cipher, clock = systemClock, ...more } = options;
  const entries: CacheEntry[] = [];
  const target: WarmTarget = {
    clock,
    cipher,
    ttlFor: () => DEFAULT_TTL_SECONDS,
    // With a random key, rows are distinguished as in a cache, but under different keys.
    passwordMac: async () => new PasswordMac(randomBytes(IDENTITY_KEY_BYTES)),
    mergeMany: (_keys, merge) => {
      const found = merge.mergeInto(new Map());
      entries.push(...found.slice(0, limit - entries.length));
      return found.map(() => true);
    },
  };
  return { ...(await warmFromFile(target, file, more)), entries };
}
