import { callOf, constructorOf } from './calling.ts';
import { type Call, type CallGroup, defineGroup, type Parameter } from './nonsense-spec.ts';

type Right = () => readonly unknown[];

/** A call of a function. */
export function calls(
  name: string,
  parameters: readonly Parameter[],
  right: Right,
  work: unknown,
  more: Partial<Call<unknown>> = {},
): Call<unknown> {
  return { name, parameters, right, call: callOf(work), ...more };
}

/** A call of a constructor, which refuses with a CacheConfigError. */
export function constructs(
  target: { readonly name: string },
  parameters: readonly Parameter[],
  right: Right,
): Call<unknown> {
  return { name: target.name, parameters, right, call: constructorOf(target), refusal: 'config' };
}

/** A group of calls that need no open subject. */
export function groupOf(name: string, ...made: readonly Call<unknown>[]): CallGroup {
  return defineGroup<unknown>({ name, open: () => undefined, calls: made });
}
