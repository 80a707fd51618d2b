/** What a process is told to do. */
export interface Order {
  readonly does: 'look' | 'put' | 'delete' | 'load';
  readonly key: string;
  readonly source?: string;
}
