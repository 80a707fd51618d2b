import type { EntryLabels } from '@pw/cache-models';
import type { RowFate } from '../../import-tally.ts';

/** An endpoint as one token of a line names it. */
export interface TokenEndpoint {
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly labels?: EntryLabels;
}

export interface TokenRead {
  readonly ok: true;
  readonly value: TokenEndpoint;
  /** True if the token names its scheme: no word beside it does then. */
  readonly hasScheme: boolean;
  /** True unless the host is a single name that no scheme says to be one: such a token may be anything. */
  readonly isCertain: boolean;
}

export interface TokenRefused {
  readonly ok: false;
  readonly fate: RowFate;
  readonly reason: string;
  /** True for what has the shape of an address, with a port, wherever it stands. */
  readonly isNear: boolean;
}

export type TokenReading = TokenRead | TokenRefused;

export function near(reason: string): TokenRefused {
  return { ok: false, fate: 'failed', reason, isNear: true };
}

export function failed(reason: string): TokenRefused {
  return { ok: false, fate: 'failed', reason, isNear: false };
}

export function skipped(reason: string): TokenRefused {
  return { ok: false, fate: 'skipped', reason, isNear: false };
}
