/** One line of a script. What does not apply when its turn comes does nothing, so any part of a script is a script. */
export type Action =
  | {
      readonly a: 'do';
      readonly p: number;
      readonly op: 'put' | 'get' | 'del' | 'update' | 'clear' | 'agree' | 'recover' | 'cleanup';
      readonly key: string;
      readonly ttl?: number | undefined;
      /** How many steps it takes at once; all if absent. */
      readonly n?: number | undefined;
    }
  /** A process continues with its i-th operation. */
  | { readonly a: 'go'; readonly p: number; readonly i: number; readonly n: number }
  /** The deadline of a step passes. */
  | { readonly a: 'timeout'; readonly p: number; readonly i: number }
  /** Work that was given up continues. */
  | { readonly a: 'late'; readonly p: number; readonly n: number }
  | { readonly a: 'down' | 'up'; readonly tier: string }
  | { readonly a: 'skew'; readonly p: number; readonly by: number }
  | { readonly a: 'pass'; readonly n: number }
  | { readonly a: 'evict memory' | 'evict middle' | 'evict base'; readonly p: number; readonly key: string }
  | { readonly a: 'foreign'; readonly p: number; readonly key: string; readonly tier: 'middle' | 'base' }
  | { readonly a: 'kill' | 'close' | 'probe'; readonly p: number }
  /**
   * Locks of dead processes are taken over; the base is replaced by an empty one; it drops the cursors of all tiers.
   */
  | { readonly a: 'take over' | 'lose base' | 'forget tiers' };
