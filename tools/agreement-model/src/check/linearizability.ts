import type { Operation } from './operation.ts';

// Is there an order of the operations on one key that explains every answer? Just-in-time linearization: operations are
// taken in the order of their starts and ends, and each must have happened by its end. A configuration is what the key
// may hold now, and which of the open operations have happened.

interface Configuration {
  /** `id:fails`, or '' for absent. */
  readonly state: string;
  readonly done: readonly Operation[];
}

/** The operation that no order explains, or undefined. `lives`: when each record expires. */
export function unexplained(
  operations: readonly Operation[],
  lives: ReadonlyMap<string, number>,
): Operation | undefined {
  let configurations: Configuration[] = [{ state: '', done: [] }];
  const open = new Set<Operation>();
  for (const { operation, isEnd } of inOrder(operations)) {
    if (!isEnd) {
      open.add(operation);
      continue;
    }
    const next = new Map<string, Configuration>();
    for (const { state, done } of closure(configurations, open, lives)) {
      if (!done.includes(operation) && !operation.isOptional) continue;
      const left = done.filter((other) => other !== operation);
      next.set(nameOf(state, left), { state, done: left });
    }
    open.delete(operation);
    if (next.size === 0) return operation;
    configurations = [...next.values()];
  }
  return undefined;
}

function inOrder(operations: readonly Operation[]): { operation: Operation; isEnd: boolean; at: number }[] {
  const events = operations.flatMap((operation) => [
    { operation, isEnd: false, at: operation.start },
    { operation, isEnd: true, at: operation.end },
  ]);
  return events.sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd));
}

/** Everything that may have happened by now. */
function closure(from: readonly Configuration[], open: ReadonlySet<Operation>, lives: ReadonlyMap<string, number>) {
  const all = new Map(from.map((one) => [nameOf(one.state, one.done), one]));
  const work = [...from];
  for (let one = work.pop(); one !== undefined; one = work.pop()) {
    for (const operation of open) {
      if (one.done.includes(operation)) continue;
      const state = after(one.state, operation, lives);
      if (state === undefined) continue;
      const done = [...one.done, operation];
      const name = nameOf(state, done);
      if (all.has(name)) continue;
      const made = { state, done };
      all.set(name, made);
      work.push(made);
    }
  }
  return all.values();
}

function nameOf(state: string, done: readonly Operation[]): string {
  return `${state}|${done
    .map(({ n }) => n)
    .sort()
    .join()}`;
}

/** The state after an operation; undefined if it cannot have happened in this one. */
function after(state: string, operation: Operation, lives: ReadonlyMap<string, number>): string | undefined {
  const { kind } = operation;
  if (kind === 'put') return `${operation.id}:0`;
  if (kind === 'del') return '';
  if (kind === 'set') return operation.id === null ? '' : `${operation.id}:${operation.fails}`;
  const [id = '', fails = '0'] = state.split(':');
  if (kind === 'read') return isExplained(state, id, operation, lives) ? state : undefined;
  if (state === '') return operation.isOptional ? '' : undefined;
  const isRight = operation.isOptional || (id === operation.id && Number(fails) + 1 === operation.fails);
  return isRight ? `${id}:${Number(fails) + 1}` : undefined;
}

function isExplained(state: string, id: string, read: Operation, lives: ReadonlyMap<string, number>): boolean {
  const end = state === '' ? 0 : (lives.get(id) ?? 0);
  if (read.id === null) return state === '' || end <= read.end;
  return state === `${read.id}:${read.fails}` && end > read.start;
}
