/** One life of a process: after a kill the same process number has another. */
export interface Life {
  readonly proc: { readonly isAlive: boolean; readonly run: number };
  readonly run: number;
}
