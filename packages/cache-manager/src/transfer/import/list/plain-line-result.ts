import type { EntryLabels, ParsedProxyUrl, ProxyScheme } from '@pw/cache-models';
import type { RowFate } from '../import-tally.ts';

/** An endpoint of a plain list. */
export interface PlainProxy extends Pick<ParsedProxyUrl, 'url' | 'username' | 'password'> {
  /** Labels from the text after the address. */
  readonly labels?: EntryLabels;
}

export type PlainLineResult =
  | { readonly ok: true; readonly value: PlainProxy }
  /** `failed` for text that resembles a proxy, `skipped` for any other. */
  | { readonly ok: false; readonly fate: RowFate; readonly reason: string };

export interface PlainLineOptions {
  /** Scheme of a line without one. */
  readonly defaultScheme: ProxyScheme;
  /** Accepts a host without a dot even without a scheme. `localhost` is always accepted. */
  readonly bareNames: boolean;
}
