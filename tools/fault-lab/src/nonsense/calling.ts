import type { Call } from './nonsense-spec.ts';

type Caller<Subject> = Call<Subject>['call'];
type AnyFunction = (...args: readonly unknown[]) => unknown;

/** Calls a function with any arguments, which the types would not allow. */
export function callOf(work: unknown): Caller<unknown> {
  return (_subject, ...args) => (work as AnyFunction)(...args);
}

export function constructorOf(target: unknown): Caller<unknown> {
  return (_subject, ...args) => Reflect.construct(target as AnyFunction, args) as unknown;
}

/** Calls a method of the subject. */
export function methodOf(name: string): Caller<unknown> {
  return (subject, ...args) => (subject as Readonly<Record<string, AnyFunction>>)[name]!(...args);
}

/** Reads a stream to its end: a stream that is not read refuses nothing. */
export async function readAll(stream: unknown): Promise<void> {
  for await (const item of stream as AsyncIterable<unknown>) void item;
}
