/** What was asked for one key, and what came back. */
export interface Operation {
  /** 'set': the state that a lost base leaves; it happened or did not. */
  kind: 'put' | 'del' | 'update' | 'read' | 'set';
  key: string;
  /** Which process asked; 'world' for other programs and accidents. */
  by: number | 'world';
  n: number;
  start: number;
  end: number;
  /** It got no answer: it may have happened at any time up to its end, or never. */
  isOptional: boolean;
  /** The record that was put or read; `null`: none. */
  id: string | null;
  fails: number;
}
