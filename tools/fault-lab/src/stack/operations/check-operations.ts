import { unexplained, type Windowed } from './linearizability.ts';
import { isRead, type Operation, type Stall } from './operation.ts';

const NS_PER_MS = 1e6;

export interface Bounds {
  /** By how much a read may lag behind what other processes write, in milliseconds. */
  readonly stalenessMs: number;
  /** For clocks that are read too late, in milliseconds. */
  readonly slackMs: number;
}

type StallsOf = (process: number) => readonly Stall[];

/** A description of the first operation of each key that no order explains. */
export function checkOperations(operations: readonly Operation[], stallsOf: StallsOf, bounds: Bounds): string[] {
  const byKey = Map.groupBy(operations, ({ key }) => key);
  const problems: string[] = [];
  for (const ofKey of byKey.values()) {
    const windowed = withWindows(ofKey, stallsOf, bounds);
    const found = unexplained(windowed);
    if (found !== undefined) problems.push(describe(found, ofKey));
  }
  return problems;
}

/**
 * A change happens between its begin and its end. A read may be late, but never behind what its own process had written
 * before it began.
 */
function withWindows(operations: readonly Operation[], stallsOf: StallsOf, bounds: Bounds): Windowed[] {
  const changes = operations
    .filter((one) => !isRead(one))
    .map((operation): Windowed => ({ operation, from: operation.begin, to: operation.end }));
  const reads = operations.filter(isRead).map((operation): Windowed => {
    const { begin, end, process } = operation;
    const lagNs = bounds.stalenessMs === 0 ? 0 : lagOf(operation, stallsOf(process), bounds);
    let own: Windowed | undefined;
    for (const change of changes) {
      const isOwn = change.operation.process === process && change.to <= begin;
      if (isOwn && (own === undefined || change.to > own.to)) own = change;
    }
    return { operation, from: Math.max(begin - lagNs, own?.from ?? 0), to: end, after: own };
  });
  return [...changes, ...reads];
}

/** The bound, and the time in which the process did not run. */
function lagOf({ begin }: Operation, stalls: readonly Stall[], { stalenessMs, slackMs }: Bounds): number {
  const lagNs = (stalenessMs + slackMs) * NS_PER_MS;
  const during = stalls.filter(({ from, to }) => to > begin - lagNs && from < begin);
  return during.reduce((sum, { from, to }) => sum + to - from, lagNs);
}

/** The operation, and what happened shortly before. */
function describe(found: Operation, ofKey: readonly Operation[]): string {
  const start = found.begin - 300 * NS_PER_MS;
  const before = ofKey
    .filter((one) => one.end >= start && one.begin <= found.end && (!isRead(one) || one.process === found.process))
    .toSorted((a, b) => a.begin - b.begin);
  const line = (one: Operation) => {
    const [begin, end] = [one.begin, one.end].map((at) => ((at - start) / NS_PER_MS).toFixed(2));
    return `  ${begin}..${end} ms: process ${one.process}: ${one.kind} ${JSON.stringify(one.found)}`;
  };
  return [`no order explains ${found.kind}(${found.key}):`, ...before.map(line), 'the operation:', line(found)].join(
    '\n',
  );
}
