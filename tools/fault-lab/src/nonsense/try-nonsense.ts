import { CacheError } from '@pw/cache-models';
import type { Random } from '../random.ts';
import type { Call, CallGroup, Parameter } from './nonsense-spec.ts';
import { NONSENSE_VALUES, type NonsenseValue } from './nonsense-values.ts';

/** A call that answered nonsense with something else than an error that names it. */
export interface Finding {
  readonly call: string;
  readonly argument: string;
  readonly value: string;
  readonly what: string;
}

/** Milliseconds within which a call has to answer. */
const PATIENCE = 10_000;

interface Place {
  readonly index: number;
  readonly parameter: Parameter;
  readonly member?: Parameter;
}

/** Every argument, and every member of an options object. */
function placesOf({ parameters }: Call<never>): Place[] {
  return parameters.flatMap((parameter, index) => [
    { index, parameter },
    ...(parameter.members ?? []).map((member) => ({ index, parameter, member })),
  ]);
}

/** Puts every nonsense value once into every place of every call of a group. */
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

/** Makes `count` calls with nonsense in random places, several at once too. */
export async function tryRandomly<S>(group: CallGroup<S>, count: number, random: Random): Promise<Finding[]> {
  return await withSubject(group, async (subject) => {
    const findings: Finding[] = [];
    for (let n = 0; n < count; n++) {
      const call = random.pick(group.calls);
      const places = placesOf(call);
      if (places.length === 0) continue;
      const chosen = new Map<Place, NonsenseValue>();
      for (let more = 1 + random.below(2); more > 0; more--)
        chosen.set(random.pick(places), random.pick(NONSENSE_VALUES));
      findings.push(...(await tryOne(group, subject, call, chosen)));
    }
    return findings;
  });
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
  const names: string[] = [];
  let mustRefuse = false;
  for (const [{ index, parameter, member }, { make }] of chosen) {
    const value = make();
    if (member === undefined) args[index] = value;
    else args[index] = { ...(args[index] as object), [member.name]: value };
    names.push(parameter.name, ...(member === undefined ? [] : [member.name]));
  }
  // What was put in last counts: a whole argument may have taken the place of one with a member.
  for (const [{ index, parameter, member }] of chosen) {
    if (!parameter.accepts(args[index])) mustRefuse = true;
    else if (member !== undefined && !member.accepts((args[index] as Record<string, unknown>)[member.name]))
      mustRefuse = true;
  }
  const outcome = await outcomeOf(() => call.call(subject, ...args));
  const what = faultOf(outcome, call, names, mustRefuse) ?? (await harmOf(group, subject));
  if (what === undefined) return [];
  const values = [...chosen.values()].map(({ name }) => name).join(' and ');
  return [{ call: call.name, argument: [...new Set(names)].join('.'), value: values, what }];
}

type Outcome = { readonly error: unknown } | 'answered' | 'hangs';

async function outcomeOf(work: () => unknown): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const given = work();
    if (!(given instanceof Promise)) return 'answered';
    const patience = new Promise<Outcome>((resolve) => {
      timer = setTimeout(() => resolve('hangs'), PATIENCE);
    });
    return await Promise.race([given.then((): Outcome => 'answered'), patience]);
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

/** What is wrong with an answer; `undefined` if nothing is. */
function faultOf(
  outcome: Outcome,
  call: Call<never>,
  names: readonly string[],
  mustRefuse: boolean,
): string | undefined {
  if (outcome === 'hangs') return 'does not answer';
  if (outcome === 'answered') return mustRefuse ? 'takes it' : undefined;
  const { error } = outcome;
  if (!(error instanceof CacheError)) return `throws ${describe(error)}`;
  if (!mustRefuse) return undefined;
  const code = call.code ?? 'CACHE_VALIDATION_FAILED';
  if (error.code !== code) return `throws ${error.code} instead of ${code}: ${error.message}`;
  const paths = (error as { problems?: readonly { readonly path: string }[] }).problems ?? [];
  const isNamed = names.some((name) => error.message.includes(name) && paths.some(({ path }) => path.includes(name)));
  return isNamed ? undefined : `does not name ${names.join(' or ')}: ${error.message}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `a ${typeof error}`;
}

async function harmOf<S>(group: CallGroup<S>, subject: S): Promise<string | undefined> {
  try {
    await group.isSound?.(subject);
    return undefined;
  } catch (error) {
    return `does harm: ${describe(error)}`;
  }
}
