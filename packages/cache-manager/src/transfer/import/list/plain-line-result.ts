import type { EntryLabels, ParsedProxyUrl, ProxyScheme } from '@pw/cache-models';
import type { RowFate } from '../import-tally.ts';

/** An endpoint as a plain list names it. */
export interface PlainProxy extends Pick<ParsedProxyUrl, 'url' | 'username' | 'password'> {
  /** What the text behind the address tells, if it tells anything. */
  readonly labels?: EntryLabels;
}

export type PlainLineResult =
  | { readonly ok: true; readonly value: PlainProxy }
  /** `failed` for what has the shape of a proxy and is none, `skipped` for anything else. */
  | { readonly ok: false; readonly fate: RowFate; readonly reason: string };

export interface PlainLineOptions {
  /** Scheme of a line without one. */
  readonly defaultScheme: ProxyScheme;
  /** Takes a name without a dot for a host where there is no scheme to say so. `localhost` always is one. */
  readonly bareNames: boolean;
}
