/** An entry as far as it matters: the id of its put, and its two counts. `null`: absent. */
export type Found = { readonly id: string; readonly checks: number; readonly failures: number } | null;

/** What a process asked for one key, and what came back. Times are those of the monotonic clock, in nanoseconds. */
export interface Operation {
  readonly kind: 'put' | 'delete' | 'record' | 'invalidate' | 'get' | 'has';
  readonly key: string;
  readonly process: number;
  readonly begin: number;
  readonly end: number;
  /** What was put, what a check returned, or what was read; for `has` only whether there is anything. */
  readonly found: Found | boolean;
}

/** A time in which a process did not run, or did not return to its event loop. */
export interface Stall {
  readonly from: number;
  readonly to: number;
}

/** What a process prints at its end. */
export interface Protocol {
  readonly operations: readonly Operation[];
  readonly stalls: readonly Stall[];
}

export const isRead = ({ kind }: Operation): boolean => kind === 'get' || kind === 'has';

/** `invalidateByHealth` removes an entry instead of counting this failure. */
const LAST_FAILURE = 3;

const textOf = (found: Found): string => (found === null ? '' : `${found.id}/${found.checks}/${found.failures}`);

/** The state of the key after an operation; `undefined` if its answer cannot be explained in this state. */
export function after(state: string, { kind, found }: Operation): string | undefined {
  if (kind === 'get') return state === textOf(found as Found) ? state : undefined;
  if (kind === 'has') return (state !== '') === found ? state : undefined;
  if (kind === 'put') return textOf(found as Found);
  if (kind === 'delete') return '';
  if (state === '') return kind === 'invalidate' || found === null ? '' : undefined;
  const [id = '', checks, failures] = state.split('/');
  if (kind === 'invalidate') {
    const count = Number(failures) + 1;
    return count >= LAST_FAILURE ? '' : textOf({ id, checks: Number(checks), failures: count });
  }
  const next = textOf({ id, checks: Number(checks) + 1, failures: Number(failures) });
  return next === textOf(found as Found) ? next : undefined;
}
