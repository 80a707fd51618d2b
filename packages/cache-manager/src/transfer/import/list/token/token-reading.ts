import type { EntryLabels } from '@pw/cache-models';
import type { RowFate } from '../../import-tally.ts';

/** The endpoint of one token. */
export interface TokenEndpoint {
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly labels?: EntryLabels;
}

export interface TokenRead {
  readonly ok: true;
  readonly value: TokenEndpoint;
  /** True if the token itself names the scheme, which overrides words beside it. */
  readonly hasScheme: boolean;
  /** False if the host has no dot and there is no scheme: such a token may be anything. */
  readonly isCertain: boolean;
}

export interface TokenRefused {
  readonly ok: false;
  readonly fate: RowFate;
  readonly reason: string;
  /** True if the token resembles an address with a port, wherever it is in the line. */
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
