import type { ProxyScheme } from '@pw/cache-models';

/** What the place of a row in its file says of it, where the row itself does not. */
export interface RowHint {
  /** Of a list that stands under the name of a scheme. */
  readonly scheme?: ProxyScheme;
  /** The name of the member that holds the row, where that may be an address. */
  readonly address?: string;
  /** What was left out of it before. */
  readonly note?: string;
}
