import type { TierOptions } from '@pw/cache-models';
import { type ArgumentKind, Kinds, nullable, optional } from '@pw/cache-models/tier';
import type { ClusterClient, SingleClient } from './connection/server-client.ts';
import { isNamespace } from './records/record-names.ts';

/** Options of {@link RedisCacheTier}, in addition to those of every tier. */
export interface RedisTierOptions extends TierOptions {
  /**
   * Address of a server: `redis://`, `rediss://` (TLS) or `unix://`, with user and password if needed.
   *
   * @default none: a `client` is then required
   */
  readonly url?: string | undefined;
  /**
   * Instead of a URL, a client of the `redis` package: for a server (`createClient`) or a cluster (`createCluster`).
   * The tier connects with a duplicate, which it closes itself. The client is not used and need not be connected.
   *
   * @default none: a `url` is then required
   */
  readonly client?: SingleClient | ClusterClient | undefined;
  /**
   * Tiers with the same namespace share one cache. 1 to 100 letters, digits, dots, colons, dashes, underscores.
   *
   * @default "proxies"
   */
  readonly namespace?: string | undefined;
  /**
   * Longest wait for the reply to one command, in milliseconds: 1 to 60000.
   *
   * @default 1000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Interval of the `PING` that checks the connection, in milliseconds: 1 to 60000.
   *
   * @default 1000
   */
  readonly heartbeatMs?: number | undefined;
  /**
   * How long the tiers above may keep serving their copies after the connection is lost, in milliseconds; then they are
   * emptied once. 0 or more; `null` to keep them until the server is back.
   *
   * @default 3000
   */
  readonly graceMs?: number | null | undefined;
  /**
   * How long one pass over all names on the server (`keys`, `entries`, `size`, `clear`, `cleanupExpired`, `reseal`) may
   * take, in milliseconds: 1 to 3600000. Time that the caller spends between two entries does not count. A pass that
   * takes longer fails.
   *
   * @default 120000
   */
  readonly passTimeoutMs?: number | undefined;
  /**
   * Added to each deadline sent to the server, in milliseconds; for a `clock` that differs from the server's time, as
   * in tests.
   *
   * @default 0
   */
  readonly serverClockOffsetMs?: number | undefined;
}

/** The options with their defaults applied. */
export interface CheckedOptions {
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly heartbeatMs: number;
  /** Infinite for no limit. */
  readonly graceMs: number;
  readonly passTimeoutMs: number;
  readonly offsetMs: number;
}

const LONGEST_MS = 60_000;
const LONGEST_PASS_MS = 3_600_000;
/** The longest delay of a Node.js timer. */
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
  graceMs: nullable({
    wanted: 'must be a number of milliseconds, 0 or more',
    isRight: (value) => Number.isFinite(value) && (value as number) >= 0,
  }),
  passTimeoutMs: span(LONGEST_PASS_MS),
  serverClockOffsetMs: optional({
    wanted: 'must be a whole number of milliseconds',
    isRight: (value) => Number.isSafeInteger(value),
  }),
});

/**
 * The kinds of the options that this tier adds. If neither or both of `url` and `client` are given, every `url` counts
 * as invalid, so that a single error lists all problems.
 */
export function redisOptions(options: RedisTierOptions): Readonly<Record<string, ArgumentKind>> {
  if (!Kinds.object.isRight(options)) return OPTIONS;
  const { url, client } = options;
  if ((url === undefined) !== (client === undefined)) return OPTIONS;
  return { ...OPTIONS, url: { wanted: 'give exactly one of url and client', isRight: () => false } };
}

/** Applies the defaults to options that passed the checks of {@link redisOptions}. */
export function complete(options: RedisTierOptions): CheckedOptions {
  const { namespace = 'proxies', timeoutMs = 1000, heartbeatMs = 1000, graceMs = 3000 } = options;
  const { passTimeoutMs = 120_000, serverClockOffsetMs: offsetMs = 0 } = options;
  return {
    namespace,
    timeoutMs,
    heartbeatMs,
    graceMs: graceMs === null || graceMs > LONGEST_TIMER ? Number.POSITIVE_INFINITY : graceMs,
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

/** True for anything with the methods that the tier uses of both kinds of clients. */
function isClient(client: unknown): boolean {
  if ((typeof client !== 'object' && typeof client !== 'function') || client === null) return false;
  const { duplicate, sendCommand } = client as Readonly<Record<string, unknown>>;
  return typeof duplicate === 'function' && typeof sendCommand === 'function';
}

function isAddress(url: unknown): boolean {
  if (typeof url !== 'string') return false;
  return /^(?:rediss?:\/\/.|unix:\/\/\/?.)/.test(url) && (url.startsWith('unix:') || URL.canParse(url));
}
