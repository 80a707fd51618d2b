import { type ArgumentKind, optional, type TierOptions } from '@pw/cache-models';
import type { ClusterClient, SingleClient } from './connection/server-client.ts';
import { isNamespace } from './records/record-names.ts';

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

const SPAN = span(LONGEST_MS);
const OPTIONS: Readonly<Record<Exclude<keyof RedisTierOptions, keyof TierOptions>, ArgumentKind>> = Object.freeze({
  url: optional({ wanted: 'must be a redis://, rediss:// or unix:// address', isRight: isAddress }),
  client: optional({ wanted: 'must be a client of the redis package', isRight: isClient }),
  namespace: optional({
    wanted: 'must be 1 to 100 letters, digits, dots, colons, dashes, underscores',
    isRight: isNamespace,
  }),
  timeoutMs: SPAN,
  heartbeatMs: SPAN,
  graceMs: optional({
    wanted: 'must be a number of milliseconds of 0 or more, or Infinity',
    isRight: (value) => typeof value === 'number' && value >= 0,
  }),
  passTimeoutMs: span(LONGEST_PASS_MS),
  serverClockOffsetMs: optional({
    wanted: 'must be a whole number of milliseconds',
    isRight: (value) => Number.isSafeInteger(value),
  }),
});

/**
 * What the tier adds to the options of all tiers. Where neither a server nor a client is given, or both are, `url` is an option that
 * nothing is right for, so that one error lists all problems.
 */
export function redisOptions(options: RedisTierOptions): Readonly<Record<string, ArgumentKind>> {
  const { url, client } = (options as RedisTierOptions | undefined) ?? {};
  if ((url === undefined) !== (client === undefined)) return OPTIONS;
  return { ...OPTIONS, url: { wanted: 'exactly one of url and client must be given', isRight: () => false } };
}

/** Completes options that the tier has checked by {@link redisOptions}. */
export function complete(options: RedisTierOptions): CheckedOptions {
  const { namespace = 'proxies', timeoutMs = 1000, heartbeatMs = 1000, graceMs = 3000 } = options;
  const { passTimeoutMs = 120_000, serverClockOffsetMs: offsetMs = 0 } = options;
  return {
    namespace,
    timeoutMs,
    heartbeatMs,
    graceMs: graceMs > LONGEST_TIMER ? Number.POSITIVE_INFINITY : graceMs,
    passTimeoutMs,
    offsetMs,
  };
}

function span(most: number): ArgumentKind {
  return optional({
    wanted: `must be a number of milliseconds from 1 to ${most}`,
    isRight: (value) => typeof value === 'number' && value >= 1 && value <= most,
  });
}

/** What both kinds of clients have, and the tier uses. */
function isClient(client: unknown): boolean {
  if ((typeof client !== 'object' && typeof client !== 'function') || client === null) return false;
  const { duplicate, sendCommand } = client as Readonly<Record<string, unknown>>;
  return typeof duplicate === 'function' && typeof sendCommand === 'function';
}

function isAddress(url: unknown): boolean {
  if (typeof url !== 'string') return false;
  return /^(?:rediss?:\/\/.|unix:\/\/\/?.)/.test(url) && (url.startsWith('unix:') || URL.canParse(url));
}
