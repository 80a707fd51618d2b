/** A value that no caller passes on purpose; a new one for each call, as a call may change it. */
export interface NonsenseValue {
  readonly name: string;
  readonly make: () => unknown;
}

class Something {
  readonly inside = 1;
}

const TRAP = 'a trap of the caller’s own function';

const throwing = () => {
  throw new Error(TRAP);
};

/** True for an error that one of these functions throws when it is called, the class included. It reaches the caller unchanged. */
export function isOfTrap(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message === TRAP || error.message.startsWith(`Class constructor ${Something.name} `);
}

/**
 * Values that JavaScript callers pass by mistake. An object whose own members throw is not among them: such errors are the
 * caller's, and reach the caller.
 */
export const NONSENSE_VALUES: readonly NonsenseValue[] = [
  { name: 'undefined', make: () => undefined },
  { name: 'null', make: () => null },
  { name: 'true', make: () => true },
  { name: 'false', make: () => false },
  { name: 'zero', make: () => 0 },
  { name: 'one', make: () => 1 },
  { name: 'minus one', make: () => -1 },
  { name: 'a half', make: () => 0.5 },
  { name: 'NaN', make: () => Number.NaN },
  { name: 'infinity', make: () => Number.POSITIVE_INFINITY },
  { name: 'a number beyond the safe ones', make: () => 2 ** 60 },
  { name: 'a bigint', make: () => 1n },
  { name: 'a symbol', make: () => Symbol('nonsense') },
  { name: 'an empty text', make: () => '' },
  { name: 'a text', make: () => 'nonsense' },
  { name: 'a NUL', make: () => '\0' },
  { name: 'half a surrogate pair', make: () => '\ud800' },
  { name: '__proto__', make: () => '__proto__' },
  { name: 'a long text', make: () => 'x'.repeat(100_000) },
  { name: 'an empty list', make: () => [] },
  { name: 'a list of numbers', make: () => [1, 2, 3] },
  { name: 'a list with holes', make: () => new Array(3) },
  { name: 'an empty object', make: () => ({}) },
  { name: 'an object with an unknown member', make: () => ({ nonsense: 1 }) },
  { name: 'an object without a prototype', make: () => Object.create(null) as unknown },
  { name: 'an object that contains itself', make: circular },
  { name: 'an instance of some class', make: () => new Something() },
  { name: 'a function', make: () => () => undefined },
  { name: 'a function that throws', make: () => throwing },
  { name: 'a function that rejects', make: () => async () => throwing() },
  { name: 'a class', make: () => Something },
  { name: 'a date', make: () => new Date(0) },
  { name: 'an invalid date', make: () => new Date(Number.NaN) },
  { name: 'a regular expression', make: () => /x/ },
  { name: 'bytes', make: () => Buffer.from('x') },
  { name: 'a map', make: () => new Map([['a', 1]]) },
  { name: 'a set', make: () => new Set([1]) },
  { name: 'an error', make: () => new Error('nonsense') },
  { name: 'a promise', make: () => Promise.resolve(1) },
  { name: 'a boxed text', make: () => Object('boxed') as unknown },
];

function circular(): unknown {
  const value: Record<string, unknown> = {};
  value['itself'] = value;
  return value;
}
