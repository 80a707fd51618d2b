import type { Operation } from '../check/operation.ts';
import { evictMiddle, takeOver } from '../world/accidents.ts';
import type { StoredRecord } from '../world/record.ts';
import type { Found } from '../world/surroundings.ts';
import { ALL, type Running, type Thread, type World } from '../world/world.ts';

/** The names that `keys` listed last, if every tier answered. */
const listed = new WeakMap<World, ReadonlySet<string>>();

/** Notes what an operation answered. */
export function record(world: World, { request, sawFail }: Thread, value: unknown): void {
  const { history, now } = world;
  const { kind } = request;
  if (kind === 'get') history.read(request, value as Found, now, sawFail);
  else if (kind === 'keys') {
    if (value instanceof Set) listed.set(world, value);
    else listed.delete(world);
  } else if (kind === 'update') recordUpdate(world, request, value as StoredRecord | null | string, sawFail);
  else if (kind !== 'put' && kind !== 'del' && kind !== 'clear') return;
  else if (value === true) history.written(request, now);
  else history.unsure(request);
}

function recordUpdate(
  world: World,
  request: Thread['request'],
  value: StoredRecord | null | string,
  sawFail: boolean,
): void {
  if (value === 'undone') return;
  if (value === null) world.history.read(request, null, world.now, sawFail);
  else if (typeof value === 'object') world.history.updated(request, value, world.now);
}

/** Reads everything while nothing else runs: `keys` must say the same as `get`. */
export function probe(world: World, proc: Running): string | undefined {
  if (world.procs.some(({ threads }) => threads.some(({ isLate }) => !isLate))) return undefined;
  const manager = proc.manager ?? world.boot(proc);
  const { history, config } = world;
  const reads: Operation[] = [];
  for (const key of config.keys) {
    const before = history.size;
    world.spawn(proc, { kind: 'get', key }, manager.get(key), ALL);
    const { last } = history;
    if (history.size === before || last === undefined) return undefined; // a tier is down
    reads.push(last);
  }
  listed.delete(world);
  world.spawn(proc, { kind: 'keys' }, manager.keys(), ALL);
  const names = listed.get(world);
  if (config.lag > 0 || names === undefined) return undefined;
  const wrong = reads.find(
    ({ key, id }) => names.has(key) !== (id !== null) && (id === null || history.lives(id, world.now)),
  );
  return wrong && `keys() and get(${wrong.key}) disagree: ${names.has(wrong.key)} and ${wrong.id}`;
}

/** Everything works again. What is there is read in every way, across evictions and restarts. */
export function settle(world: World): string | undefined {
  let violation: string | undefined;
  const { keys, lag } = world.config;
  const readTwice = (proc: Running) => {
    for (const isEvicting of [true, false]) {
      world.now += lag + 1;
      violation ??= probe(world, proc);
      if (isEvicting) for (const key of keys) proc.manager?.evict(key);
    }
  };
  const evictAll = (proc: Running) => {
    for (const key of keys) for (const middle of proc.middles) evictMiddle(world, middle, key);
  };
  calm(world);
  const [first] = world.procs;
  if (first !== undefined && !world.procs.some(({ isAlive }) => isAlive)) world.boot(first);
  const alive = world.procs.filter(({ isAlive }) => isAlive);
  alive.forEach(readTwice);
  world.now++;
  world.history.endAll(world.now);
  world.now++;
  for (const proc of alive) tidy(world, proc);
  alive.forEach(readTwice);
  alive.forEach(evictAll);
  alive.forEach(readTwice);
  for (const proc of alive) world.kill(proc);
  const last = world.config.twoStacks ? world.procs.filter(({ id }) => id !== 1) : world.procs.slice(0, 1);
  for (const proc of last) {
    readTwice(proc);
    evictAll(proc);
    readTwice(proc);
  }
  return violation;
}

function calm(world: World): void {
  world.down.clear();
  takeOver(world);
  world.drain();
  world.now += world.config.lag + 1;
  world.say(() => 'all is well again');
}

function tidy(world: World, proc: Running): void {
  const { manager } = proc;
  if (manager === undefined) return;
  world.spawn(proc, { kind: 'agree' }, manager.agree(), ALL);
  world.spawn(proc, { kind: 'recover' }, manager.recover(), ALL);
}
