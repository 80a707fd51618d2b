import { after, isRead, type Operation } from './operation.ts';

// Just-in-time linearization, as in `tools/agreement-model`, for long histories: reads change nothing, so an open read
// is explained as soon as any state explains it. Hundreds of them may be open, because a read of memory may be late.

/** An operation, and the time within which it must have happened. */
export interface Windowed {
  readonly operation: Operation;
  readonly from: number;
  readonly to: number;
  /** A change that must have happened before. */
  readonly after?: Windowed | undefined;
}

/** What the key may hold now, and which of the open operations have happened. */
interface Configuration {
  readonly state: string;
  readonly done: ReadonlySet<Windowed>;
}

/** The first operation of a key that no order explains, or `undefined`. */
export function unexplained(operations: readonly Windowed[]): Operation | undefined {
  const numbers = new Map(operations.map((one, n) => [one, n]));
  const nameOf = ({ state, done }: Configuration) =>
    `${state}|${[...done].map((one) => numbers.get(one)!).sort((a, b) => a - b)}`;
  const open = new Set<Windowed>();
  let configurations: Configuration[] = [{ state: '', done: new Set() }];
  for (const { one, isEnd } of inOrder(operations)) {
    if (!isEnd) {
      open.add(one);
      if (isRead(one.operation)) configurations = configurations.map((each) => withReads(each, [one], open));
      continue;
    }
    const isDone = configurations.every(({ done }) => done.has(one));
    const reached = isDone ? configurations : closure(configurations, open, nameOf);
    const next = new Map<string, Configuration>();
    for (const { state, done } of reached) {
      if (!done.has(one)) continue;
      const left = { state, done: new Set([...done].filter((other) => other !== one)) };
      next.set(nameOf(left), left);
    }
    open.delete(one);
    if (next.size === 0) return one.operation;
    configurations = [...next.values()];
  }
  return undefined;
}

function inOrder(operations: readonly Windowed[]): { one: Windowed; isEnd: boolean; at: number }[] {
  const events = operations.flatMap((one) => [
    { one, isEnd: false, at: one.from },
    { one, isEnd: true, at: one.to },
  ]);
  // A read may begin with the change that it must not precede.
  const rank = (one: Windowed) => (one.after === undefined ? 0 : 1);
  return events.sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd) || rank(a.one) - rank(b.one));
}

/** The configuration, with those reads that its state explains. */
function withReads(
  configuration: Configuration,
  reads: Iterable<Windowed>,
  open: ReadonlySet<Windowed>,
): Configuration {
  const { state, done } = configuration;
  const explained: Windowed[] = [];
  for (const one of reads) {
    if (!isRead(one.operation) || done.has(one) || after(state, one.operation) === undefined) continue;
    const isTooEarly = one.after !== undefined && open.has(one.after) && !done.has(one.after);
    if (!isTooEarly) explained.push(one);
  }
  return explained.length === 0 ? configuration : { state, done: new Set([...done, ...explained]) };
}

/** Everything that may have happened by now. */
function closure(
  from: readonly Configuration[],
  open: ReadonlySet<Windowed>,
  nameOf: (one: Configuration) => string,
): Iterable<Configuration> {
  const all = new Map(from.map((one) => [nameOf(one), one]));
  const work = [...from];
  for (let one = work.pop(); one !== undefined; one = work.pop()) {
    for (const change of open) {
      if (isRead(change.operation) || one.done.has(change)) continue;
      const state = after(one.state, change.operation);
      if (state === undefined) continue;
      const made = withReads({ state, done: new Set([...one.done, change]) }, open, open);
      const name = nameOf(made);
      if (all.has(name)) continue;
      all.set(name, made);
      work.push(made);
    }
  }
  return all.values();
}
