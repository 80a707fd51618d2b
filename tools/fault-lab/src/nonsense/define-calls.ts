import { callOf, constructorOf } from './calling.ts';
import { type Call, type CallGroup, defineGroup, type Parameter } from './nonsense-spec.ts';

type Right = () => readonly unknown[];

/** A function, or whatever stands for one. */
export function calls(
  name: string,
  parameters: readonly Parameter[],
  right: Right,
  work: unknown,
  more: Partial<Call<unknown>> = {},
): Call<unknown> {
  return { name, parameters, right, call: callOf(work), ...more };
}

/** A constructor: a CacheConfigError refuses. */
export function constructs(
  target: { readonly name: string },
  parameters: readonly Parameter[],
  right: Right,
): Call<unknown> {
  return { name: target.name, parameters, right, call: constructorOf(target), refusal: 'config' };
}

/** Calls that need nothing to be open. */
export function groupOf(name: string, ...made: readonly Call<unknown>[]): CallGroup {
  return defineGroup<unknown>({ name, open: () => undefined, calls: made });
}
