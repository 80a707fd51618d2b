import { setImmediate as rest } from 'node:timers/promises';
import { CacheConfigError, CacheError, CacheValidationError } from '@pw/cache-models';
import type { Random } from '../random.ts';
import type { Call, CallGroup, Parameter } from './nonsense-spec.ts';
import { isCallersOwnError, NONSENSE_VALUES, type NonsenseValue } from './nonsense-values.ts';

/** A call that answered an invalid value with something other than an error that names the argument. */
export interface Finding {
  readonly call: string;
  readonly argument: string;
  readonly value: string;
  readonly what: string;
}

/** The time limit of a call in milliseconds. */
const PATIENCE = 10_000;

/** An argument, or a member of one at any depth. */
interface Place {
  readonly index: number;
  /** The argument, then one of its members, then a member of that, and so on. */
  readonly path: readonly Parameter[];
}

/** Every argument, and every member of an options object. */
function placesOf({ parameters }: Call<never>): Place[] {
  return parameters.flatMap((parameter, index) => pathsTo(parameter).map((path) => ({ index, path })));
}

function pathsTo(parameter: Parameter): Parameter[][] {
  return [[parameter], ...(parameter.members ?? []).flatMap(pathsTo).map((path) => [parameter, ...path])];
}

/** Tries every invalid value once in every place of every call of a group. */
export async function tryAll<S>(
  group: CallGroup<S>,
): Promise<{ readonly calls: number; readonly findings: Finding[] }> {
  return await withSubject(group, async (subject) => {
    const findings: Finding[] = [];
    let calls = 0;
    for (const call of group.calls)
      for (const place of placesOf(call))
        for (const value of NONSENSE_VALUES) {
          calls++;
          findings.push(...(await tryOne(group, subject, call, new Map([[place, value]]))));
        }
    return { calls, findings };
  });
}

/** Makes `count` calls with invalid values in random places, sometimes in several. */
export async function tryRandomly<S>(group: CallGroup<S>, count: number, random: Random): Promise<Finding[]> {
  return await withSubject(group, async (subject) => {
    const findings: Finding[] = [];
    for (let n = 0; n < count; n++) {
      const call = random.pick(group.calls);
      const places = placesOf(call);
      if (places.length === 0) continue;
      const chosen = new Map<Place, NonsenseValue>();
      for (let more = 1 + random.below(2); more > 0; more--) {
        const place = random.pick(places);
        // A replaced member is lost if the whole object is replaced after it, and the call may then be valid.
        if ([...chosen.keys()].some((other) => isWithin(place, other) || isWithin(other, place))) continue;
        chosen.set(place, random.pick(NONSENSE_VALUES));
      }
      findings.push(...(await tryOne(group, subject, call, chosen)));
    }
    return findings;
  });
}

/** True if the first place is the second one or inside it. */
function isWithin(inner: Place, outer: Place): boolean {
  return inner.index === outer.index && outer.path.every((parameter, i) => inner.path[i] === parameter);
}

async function withSubject<S, T>(group: CallGroup<S>, work: (subject: S) => Promise<T>): Promise<T> {
  const subject = await group.open();
  try {
    return await work(subject);
  } finally {
    await group.close?.(subject);
  }
}

async function tryOne<S>(
  group: CallGroup<S>,
  subject: S,
  call: Call<S>,
  chosen: ReadonlyMap<Place, NonsenseValue>,
): Promise<Finding[]> {
  const args = [...(await call.right(subject))];
  const names = new Set<string>();
  for (const [{ index, path }, { make }] of chosen) {
    const value = make();
    args[index] = replaced(args[index], path.slice(1), value);
    for (const { name } of path) names.add(name);
    // An object that lacks required members may be refused with an error that names those.
    for (const { name } of path.at(-1)!.members ?? []) names.add(name);
    // An error may name an unknown member, because the remedy is to omit it.
    if (Object.prototype.toString.call(value) === '[object Object]')
      for (const name of Object.keys(value as object)) names.add(name);
  }
  // The final arguments count: a value for a whole argument may have replaced one for its member.
  const mustRefuse = [...chosen.keys()].some(({ index, path }) => !isAccepted(args[index], path));
  const { outcome, unhandled } = await countUnhandled(() => outcomeOf(() => call.call(subject, ...args)));
  const what =
    faultOf(outcome, call, [...names], mustRefuse) ??
    (unhandled > 0 ? 'leaves an unhandled rejection' : await harmOf(group, subject));
  if (what === undefined) return [];
  const values = [...chosen.values()].map(({ name }) => name).join(' and ');
  const places = [...chosen.keys()].map(({ path }) => path.map(({ name }) => name).join('.'));
  return [{ call: call.name, argument: places.join(', '), value: values, what }];
}

/**
 * A copy with one member replaced. If the object was replaced before by a value of another kind, nothing of it is kept.
 */
function replaced(argument: unknown, path: readonly Parameter[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const isBag = Object.prototype.toString.call(argument) === '[object Object]';
  const holder = isBag ? (argument as Record<string, unknown>) : null;
  return { ...holder, [first.name]: replaced(holder?.[first.name], rest, value) };
}

function isAccepted(argument: unknown, path: readonly Parameter[]): boolean {
  let value = argument;
  for (const [depth, { name, accepts }] of path.entries()) {
    // An omitted argument has no members.
    if (depth > 0 && value == null) return true;
    if (depth > 0) value = (value as Record<string, unknown>)[name];
    if (!accepts(value)) return false;
  }
  return true;
}

/** Counts rejections that are still unhandled in the next turn of the event loop. */
async function countUnhandled(
  work: () => Promise<Outcome>,
): Promise<{ readonly outcome: Outcome; readonly unhandled: number }> {
  let unhandled = 0;
  const count = () => unhandled++;
  process.on('unhandledRejection', count);
  try {
    const outcome = await work();
    await rest();
    return { outcome, unhandled };
  } finally {
    process.off('unhandledRejection', count);
  }
}

type Outcome = { readonly error: unknown; readonly isLate: boolean } | 'answered' | 'hangs';

async function outcomeOf(work: () => unknown): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  try {
    const given = work();
    if (!(given instanceof Promise)) return 'answered';
    isLate = true;
    const patience = new Promise<Outcome>((resolve) => {
      timer = setTimeout(() => resolve('hangs'), PATIENCE);
    });
    return await Promise.race([given.then((): Outcome => 'answered'), patience]);
  } catch (error) {
    return { error, isLate };
  } finally {
    clearTimeout(timer);
  }
}

/** The problem with an answer; `undefined` if there is none. */
function faultOf(
  outcome: Outcome,
  call: Call<never>,
  names: readonly string[],
  mustRefuse: boolean,
): string | undefined {
  if (outcome === 'hangs') return 'does not answer';
  if (outcome === 'answered') return mustRefuse ? 'accepts it' : undefined;
  const { error, isLate } = outcome;
  if (call.isAsync === true && !isLate) return `throws synchronously instead of rejecting: ${describe(error)}`;
  if (!mustRefuse && call.asksSystem === true && isSystemError(error)) return undefined;
  if (!mustRefuse && isCallersOwnError(error)) return undefined;
  if (!(error instanceof CacheError)) return `throws ${describe(error)}`;
  if (!mustRefuse) return undefined;
  const wanted = call.refusal === 'config' ? CacheConfigError : CacheValidationError;
  if (!(error instanceof wanted)) return `throws a ${error.name} instead of a ${wanted.name}: ${error.message}`;
  const paths = (error as { problems?: readonly { readonly path: string }[] }).problems ?? [];
  const isNamed = names.some((name) => error.message.includes(name) && paths.some(({ path }) => path.includes(name)));
  return isNamed ? undefined : `does not name ${names.join(' or ')}: ${error.message}`;
}

function isSystemError(error: unknown): boolean {
  return typeof (error as { syscall?: unknown } | null)?.syscall === 'string';
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `a ${typeof error}`;
}

async function harmOf<S>(group: CallGroup<S>, subject: S): Promise<string | undefined> {
  try {
    await group.assertSound?.(subject);
    return undefined;
  } catch (error) {
    return `does harm: ${describe(error)}`;
  }
}
