import type { ProxyScheme } from '@pw/cache-models';

/** Facts about a row that follow from its position in the file. The row itself takes precedence. */
export interface RowHint {
  /** The scheme named by the member that contains the row's list, such as `socks5`. */
  readonly scheme?: ProxyScheme;
  /** The name of the member that contains the row, if that may be an address. */
  readonly address?: string;
  /** A problem with a part of the row that was already left out. */
  readonly note?: string;
}
