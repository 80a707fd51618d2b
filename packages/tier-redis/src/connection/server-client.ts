/** The part of a single-server client that the tier uses. */
export interface NodeClient {
  sendCommand(args: readonly string[]): Promise<unknown>;
  unref(): void;
}

/** The part of the `redis` package's single-server client that the tier uses. */
export interface SingleClient extends NodeClient {
  readonly options?: { readonly socket?: object | undefined } | undefined;
  duplicate(overrides?: never): unknown;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** The part of the `redis` package's cluster client that the tier uses. */
export interface ClusterClient {
  readonly masters: readonly object[];
  duplicate(overrides?: never): unknown;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  nodeClient(node: never): Promise<unknown>;
  sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]): Promise<unknown>;
}

/** True for a client of a cluster. */
export function isCluster(client: SingleClient | ClusterClient): client is ClusterClient {
  return 'masters' in client;
}
