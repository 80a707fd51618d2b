/** A command to one of the processes. */
export interface MachineCommand {
  readonly operation: 'lookup' | 'put' | 'delete' | 'load';
  readonly key: string;
  readonly source?: string;
}
