import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CURRENT_KEY_VARIABLE, PREVIOUS_KEY_VARIABLE } from '@pw/cache-crypto';
import { type CacheManager, openCache } from '@pw/cache-manager';
import type { LogFields, Logger } from '@pw/cache-models';
import type { CliContext, GlobalOptions } from './cli-context.ts';
import { CliError } from './cli-error.ts';

export interface StoreUse {
  /** The command writes: a cache that is not there yet is made. It needs no memory tier. */
  readonly writes?: boolean;
}

/** What to do about credentials that are stored and cannot be opened. */
export const OPEN_REMEDY = `set ${CURRENT_KEY_VARIABLE} to the key that sealed them`;
/** What to do about credentials that cannot be sealed. */
export const SEAL_REMEDY = `set ${CURRENT_KEY_VARIABLE}; "pw-cache generate-key" makes a key`;

/** True if the environment holds a key: without one, nothing may be sealed, for a random key would be lost with the process. */
export function hasKey({ io }: CliContext): boolean {
  return io.env[CURRENT_KEY_VARIABLE] !== undefined || io.env[PREVIOUS_KEY_VARIABLE] !== undefined;
}

/**
 * Opens the cache of a directory. Throws a CliError if there is none and the command does not write, or if a tier on
 * disk cannot be opened: going on without it would look like an empty cache.
 */
export async function openStore(
  context: CliContext,
  options: GlobalOptions,
  use: StoreUse = {},
): Promise<CacheManager> {
  const l2CacheDir = join(options.dir, 'proxies');
  const l3DatabasePath = join(options.dir, 'db', 'proxywhirl.db');
  if (use.writes !== true && !existsSync(l2CacheDir) && !existsSync(l3DatabasePath)) {
    throw new CliError('NO_CACHE', `there is no cache in ${options.dir}: import a file first, or name another --dir`);
  }
  const warnings = new Warnings();
  const cache = await openCache(
    {
      l1Config: { enabled: use.writes !== true },
      l2Backend: options.backend ?? backendOf(l2CacheDir),
      l2CacheDir,
      l3DatabasePath,
    },
    { env: { ...context.io.env }, logger: warnings.logger, clock: context.io.clock },
  );
  const broken = cache.getStatistics().tiers.filter(({ degraded }) => degraded);
  if (broken.length > 0) {
    await cache.close();
    const names = broken.map(({ name }) => name).join(' and ');
    throw new CliError(
      'TIER_FAILED',
      `${names} of the cache in ${options.dir} cannot be opened${warnings.codes}: check the directory and its permissions`,
    );
  }
  await warnings.pass((text) => context.err.line(`pw-cache: warning: ${text}`));
  return cache;
}

/** What is there decides, so that nobody has to remember how a cache was made. */
function backendOf(directory: string): 'jsonl' | 'sqlite' {
  return existsSync(join(directory, 'l2_cache.db')) ? 'sqlite' : 'jsonl';
}

/** Keeps what the tiers complain of while they open, then hands on each complaint once. */
class Warnings {
  readonly #messages = new Set<string>();
  readonly #codes = new Set<string>();
  #write: ((text: string) => Promise<void>) | undefined;

  readonly logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: (fields, message) => this.#add(fields, message),
    error: (fields, message) => this.#add(fields, message),
  };

  /** The error codes heard of, in brackets; empty if there were none. */
  get codes(): string {
    return this.#codes.size === 0 ? '' : ` (${[...this.#codes].join(', ')})`;
  }

  async pass(write: (text: string) => Promise<void>): Promise<void> {
    this.#write = write;
    for (const message of this.#messages) await write(message);
  }

  #add(fields: LogFields, message: string): void {
    const { tier, code, cause } = fields;
    for (const name of [code, cause]) if (typeof name === 'string') this.#codes.add(name);
    // Commands say themselves, and once, that a key is missing.
    if (message.includes('no key opens')) return;
    const text = typeof tier === 'string' ? `${tier}: ${message}` : message;
    if (this.#messages.has(text)) return;
    this.#messages.add(text);
    void this.#write?.(text);
  }
}
