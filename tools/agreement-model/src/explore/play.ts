import { accident } from '../world/accidents.ts';
import type { Action } from '../world/action.ts';
import type { MakeManager } from '../world/surroundings.ts';
import { ALL, type Running, World, type WorldConfig } from '../world/world.ts';
import { probe, record, settle } from './probe.ts';

export interface Outcome {
  /** What no order of the operations explains; undefined if all is well. */
  readonly violation: string | undefined;
  readonly trace: readonly string[];
}

/** Plays a script, then lets everything work again and reads everything in every way. */
export function play(script: readonly Action[], make: MakeManager, config: WorldConfig): Outcome {
  const world = new World(make, config);
  world.onEnd = (thread, value) => record(world, thread, value);
  let violation: string | undefined;
  for (const action of script) violation ??= act(world, action);
  violation ??= settle(world);
  return { violation: violation ?? world.history.verdict(), trace: world.trace };
}

function act(world: World, action: Action): string | undefined {
  const proc = 'p' in action ? world.procs[action.p] : undefined;
  if (proc === undefined) {
    accident(world, action, undefined);
    return undefined;
  }
  if (action.a === 'do') begin(world, proc, action);
  else if (action.a === 'go' || action.a === 'late') go(world, proc, action);
  else if (action.a === 'kill') world.kill(proc);
  else if (action.a === 'close') close(world, proc);
  else if (action.a === 'probe') return probe(world, proc);
  else accident(world, action, proc);
  return undefined;
}

/** A process does at most two things at a time. */
function begin(world: World, proc: Running, action: Action & { a: 'do' }): void {
  const manager = proc.manager ?? world.boot(proc);
  if (!proc.isAlive || proc.threads.filter(({ isLate }) => !isLate).length >= 2) return;
  const { op, key, n = ALL } = action;
  if (op === 'put') {
    const id = world.newId(key);
    const exp = action.ttl === undefined ? ALL : world.now + action.ttl;
    world.history.noteLife(id, exp);
    world.spawn(proc, { kind: 'put', key, id }, manager.put(key, { id, fails: 0, exp, ver: 0 }), n);
  } else if (op === 'get' || op === 'del' || op === 'update') world.spawn(proc, { kind: op, key }, manager[op](key), n);
  else world.spawn(proc, { kind: op }, manager[op](), n);
}

function go(world: World, proc: Running, action: Action & { a: 'go' | 'late' }): void {
  const wanted = proc.threads.filter(({ isLate }) => isLate === (action.a === 'late'));
  const thread = wanted['i' in action ? action.i % Math.max(1, wanted.length) : 0];
  if (thread !== undefined) world.go(proc, thread, action.n);
}

function close(world: World, proc: Running): void {
  if (proc.manager === undefined || proc.threads.length > 0) return;
  world.spawn(proc, { kind: 'close' }, proc.manager.close(), ALL);
  world.kill(proc, 'has closed');
}
