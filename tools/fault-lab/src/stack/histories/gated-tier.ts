import type { StageTier } from '@pw/agreement-model';
import type { CacheTier } from '@pw/cache-models';
import type { StepGate } from './step-gate.ts';

/** What is called while another tier holds its lock: it answers at once, and is no step. */
const AT_ONCE = new Set(['update', 'replay', 'versionOf', 'newestVersionOf', 'read', 'cursorOf']);
const STEPS = new Set([
  'get',
  'peek',
  'put',
  'delete',
  'has',
  'getMany',
  'putMany',
  'deleteMany',
  'clear',
  'size',
  'keys',
  'cleanupExpired',
  'recordAccess',
]);

type Call = (...args: unknown[]) => unknown;

/** A tier each of whose calls first passes a gate, for its manager. Everything else is that of the tier. */
export function gatedTier(tier: CacheTier, name: StageTier, gate: StepGate): CacheTier {
  const step =
    (label: string, call: Call): Call =>
    (...args) =>
      gate.pass(name, label, () => call(...args));
  const atOnce =
    (call: Call): Call =>
    (...args) =>
      gate.call(name, () => call(...args));
  const parts: Record<string, object | undefined> = {
    log: tier.log && bound(tier.log, (label, call) => (AT_ONCE.has(label) ? atOnce(call) : step(label, call))),
    marks: tier.marks && bound(tier.marks, step),
    sideValues: tier.sideValues && bound(tier.sideValues, step),
    changes: tier.changes && bound(tier.changes, (label, call) => (label === 'poll' ? step(label, call) : call)),
    // It may answer later, because it may stop before a call.
    capabilities: { ...tier.capabilities, synchronous: false, immediate: false },
  };
  return bound(
    tier,
    (label, call) => {
      if (STEPS.has(label)) return step(label, call);
      if (label === 'open') return atOnce(call);
      return label === 'close' ? (...args) => gate.watch(call(...args)) : call;
    },
    { ...parts, getNow: undefined },
  ) as CacheTier;
}

/** The same object with other functions. Not a proxy of the object itself, which may be frozen. */
function bound<T extends object>(
  target: T,
  changed: (name: string, call: Call) => Call,
  replaced: Readonly<Record<string, unknown>> = {},
): T {
  const made = new Map<string, Call>();
  return new Proxy({} as T, {
    get: (_, name) => {
      if (typeof name === 'string' && Object.hasOwn(replaced, name)) return replaced[name];
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      if (!made.has(name)) made.set(name, changed(name, value.bind(target) as Call));
      return made.get(name);
    },
  });
}
