/** A value that no caller passes on purpose. It is made again for each call, because a call may change it. */
export interface NonsenseValue {
  readonly name: string;
  readonly make: () => unknown;
}

class Something {
  readonly inside = 1;
}

const THROWN = 'thrown by the caller’s own function';

const throwing = () => {
  throw new Error(THROWN);
};

/**
 * True for an error that one of the functions or the class below throws when it is called. Such an error reaches the
 * caller unchanged.
 */
export function isCallersOwnError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message === THROWN || error.message.startsWith(`Class constructor ${Something.name} `);
}

/**
 * Values that JavaScript callers pass by mistake. None is an object whose members throw: such an error is the caller's
 * own and reaches the caller.
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
  { name: 'a number beyond the safe integers', make: () => 2 ** 60 },
  { name: 'a bigint', make: () => 1n },
  { name: 'a symbol', make: () => Symbol('nonsense') },
  { name: 'an empty string', make: () => '' },
  { name: 'a string', make: () => 'nonsense' },
  { name: 'a NUL', make: () => '\0' },
  { name: 'half a surrogate pair', make: () => '\ud800' },
  { name: '__proto__', make: () => '__proto__' },
  { name: 'a long string', make: () => 'x'.repeat(100_000) },
  { name: 'an empty list', make: () => [] },
  { name: 'a list of numbers', make: () => [1, 2, 3] },
  { name: 'a list with holes', make: () => new Array(3) },
  { name: 'an empty object', make: () => ({}) },
  { name: 'an object with an unknown member', make: () => ({ nonsense: 1 }) },
  { name: 'an object without a prototype', make: () => Object.create(null) as unknown },
  { name: 'an object that contains itself', make: circular },
  { name: 'an instance of a class', make: () => new Something() },
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
  { name: 'a boxed string', make: () => Object('boxed') as unknown },
];

function circular(): unknown {
  const value: Record<string, unknown> = {};
  value['itself'] = value;
  return value;
}
