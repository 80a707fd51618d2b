import { GONE } from './ledger.ts';

/** In place of a key: a change that removes every key at one moment. */
export const EVERY_KEY = '*';

/**
 * A change of one key as its client saw it. Times are in nanoseconds of a clock that all processes on the machine
 * share.
 */
export interface Change {
  readonly key: string;
  readonly value: string;
  readonly begin: number;
  /** When it was answered or its client died; `Infinity` if neither is known. */
  readonly end: number;
  /** `done`: acknowledged. A change with another outcome may or may not have happened. */
  readonly outcome: 'done' | 'refused' | 'unanswered';
}

/**
 * A key with a wrong value. `lost`: none; `old`: a value that had been replaced; `invented`: one that no client wrote.
 */
export interface Finding {
  readonly key: string;
  readonly kind: 'lost' | 'old' | 'invented';
  readonly found: string;
  readonly allowed: readonly string[];
}

/**
 * Compares the final contents of a store with what its clients did. Overlapping changes may have happened in any order.
 * A change that was acknowledged before another began precedes it, so its value must be gone once the other is
 * acknowledged. A change that was never acknowledged may or may not have happened. Removing every key happens at one
 * moment, the same for all keys.
 */
export function judge(changes: readonly Change[], found: ReadonlyMap<string, string>): Finding[] {
  const ofOneKey = changes.filter(({ key }) => key !== EVERY_KEY);
  const keys = new Set([...ofOneKey.map(({ key }) => key), ...found.keys()]);
  let least: Finding[] | undefined;
  for (const clears of momentsOf(changes)) {
    const findings = [...keys].flatMap((key) => judgeKey(key, [...ofOneKey, ...clears], found.get(key) ?? GONE));
    if (least === undefined || findings.length < least.length) least = findings;
    if (least.length === 0) break;
  }
  return least!;
}

/**
 * Yields the change that removes every key, once for each moment at which it may have happened and that can affect the
 * result, and an empty list if it may not have happened.
 */
function* momentsOf(changes: readonly Change[]): Generator<readonly Change[]> {
  const [clear, ...others] = changes.filter(({ key }) => key === EVERY_KEY);
  if (others.length > 0) throw new Error('a history may contain at most one change of every key');
  if (clear?.outcome !== 'done') yield [];
  if (clear === undefined) return;
  const times = changes.flatMap(({ begin, end }) => [begin, end]).filter((at) => at >= clear.begin && at <= clear.end);
  for (const begin of new Set(times)) yield [{ ...clear, begin, end: begin }];
}

function judgeKey(key: string, changes: readonly Change[], found: string): Finding[] {
  const own = changes.filter((change) => change.key === key || change.key === EVERY_KEY);
  const before: Change = { key, value: GONE, begin: -Infinity, end: -Infinity, outcome: 'done' };
  const possible = [before, ...own].filter(
    (change) => !own.some((later) => later.outcome === 'done' && later.begin > change.end),
  );
  const allowed = [...new Set(possible.map(({ value }) => value))];
  if (allowed.includes(found)) return [];
  const kind = found === GONE ? 'lost' : own.some(({ value }) => value === found) ? 'old' : 'invented';
  return [{ key, kind, found, allowed }];
}

interface Line {
  readonly client: string;
  readonly number: number;
  readonly at: number;
  readonly what: 'begin' | 'done' | 'refused' | 'died';
  readonly key: string;
  readonly value: string;
}

/** Parses the lines of `history-writer.ts`. A pending change of a client ends when the client dies. */
export function parseHistory(text: string): Change[] {
  const changes = new Map<string, Change>();
  for (const line of text.split('\n').slice(0, -1)) {
    const { client, number, at, what, key, value } = JSON.parse(line) as Line;
    const name = `${client} ${number}`;
    if (what === 'begin') changes.set(name, { key, value, begin: at, end: Infinity, outcome: 'unanswered' });
    else if (what !== 'died') changes.set(name, { ...changes.get(name)!, end: at, outcome: what });
    else
      for (const [other, change] of changes)
        if (other.startsWith(`${client} `) && change.end === Infinity) changes.set(other, { ...change, end: at });
  }
  return [...changes.values()];
}
