import { CacheConfigError, type TierOptions } from '@pw/cache-models';
import type { ClusterClient, SingleClient } from './server-client.ts';

/** What the tier takes beside what every tier takes. */
export interface RedisTierOptions extends TierOptions {
  /** Address of a server: `redis://`, `rediss://` (TLS) or `unix://`, with user and password if need be. */
  readonly url?: string | undefined;
  /**
   * A client of the `redis` package, of a server (`createClient`) or a cluster (`createCluster`), instead of a URL. The tier
   * connects with a duplicate of it, which it closes; the client itself is left alone, and need not be connected.
   */
  readonly client?: SingleClient | ClusterClient | undefined;
  /** Entries of one namespace are one cache. 1 to 100 letters, digits, dots, colons, dashes, underscores. Default `"proxies"`. */
  readonly namespace?: string | undefined;
  /** Longest wait for the answer to one command, in milliseconds: 1 to 60000. Default 1000. */
  readonly timeoutMs?: number | undefined;
  /** How often a connection has to prove that it lives, in milliseconds: 1 to 60000. Default 1000. */
  readonly heartbeatMs?: number | undefined;
  /**
   * How long after the end of a connection the tiers above may go on with what they hold, in milliseconds; then they are
   * emptied once. 0 or more, or Infinity for as long as the server cannot be reached. Default 3000.
   */
  readonly graceMs?: number | undefined;
  /**
   * How long one pass over all names of the server (`keys`, `entries`, `size`, `clear`, `cleanupExpired`, `reseal`) may take, in
   * milliseconds: 1 to 3600000. What the caller does between two entries does not count. Then it ends with a fault. Default 120000.
   */
  readonly passTimeoutMs?: number | undefined;
  /**
   * Added to each deadline that the server is given, in milliseconds, for a `clock` that does not show the server's time, as in
   * tests. Default 0.
   */
  readonly serverClockOffsetMs?: number | undefined;
}

/** The options with every default. */
export interface CheckedOptions {
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly heartbeatMs: number;
  readonly graceMs: number;
  readonly passTimeoutMs: number;
  readonly offsetMs: number;
}

const LONGEST_MS = 60_000;
const LONGEST_PASS_MS = 3_600_000;
/** The longest time that a timer of Node.js can wait. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Throws a CacheConfigError for a wrong option; it shows no value, for a URL may hold a password. */
export function checkOptions(options: RedisTierOptions, tier: string): CheckedOptions {
  const { url, client, namespace = 'proxies', timeoutMs = 1000, heartbeatMs = 1000 } = options;
  const { graceMs = 3000, passTimeoutMs = 120_000, serverClockOffsetMs: offsetMs = 0 } = options;
  const fail = (message: string): never => {
    throw new CacheConfigError(`${tier}: ${message}`);
  };
  if ((url === undefined) === (client === undefined)) fail('url, client: exactly one of them must be given');
  if (url !== undefined && !isAddress(url)) fail('url: must be a redis://, rediss:// or unix:// address');
  const isSpan = (value: number, most = LONGEST_MS) => Number.isFinite(value) && value >= 1 && value <= most;
  if (!isSpan(timeoutMs)) fail(`timeoutMs: must be a number of milliseconds from 1 to ${LONGEST_MS}`);
  if (!isSpan(heartbeatMs)) fail(`heartbeatMs: must be a number of milliseconds from 1 to ${LONGEST_MS}`);
  if (!(graceMs >= 0)) fail('graceMs: must be a number of milliseconds of 0 or more, or Infinity');
  if (!isSpan(passTimeoutMs, LONGEST_PASS_MS))
    fail(`passTimeoutMs: must be a number of milliseconds from 1 to ${LONGEST_PASS_MS}`);
  if (!Number.isSafeInteger(offsetMs)) fail('serverClockOffsetMs: must be a whole number of milliseconds');
  return {
    namespace,
    timeoutMs,
    heartbeatMs,
    graceMs: graceMs > LONGEST_TIMER ? Number.POSITIVE_INFINITY : graceMs,
    passTimeoutMs,
    offsetMs,
  };
}

function isAddress(url: unknown): boolean {
  if (typeof url !== 'string') return false;
  return /^(?:rediss?:\/\/.|unix:\/\/\/?.)/.test(url) && (url.startsWith('unix:') || URL.canParse(url));
}
