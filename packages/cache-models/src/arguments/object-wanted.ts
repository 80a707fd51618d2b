import type { ArgumentKind } from './argument-kinds.ts';

/** The most alternatives, or names of members, that a message lists. */
const MOST_ALTERNATIVES = 2;
const MOST_NAMES = 4;
const OBJECT = 'must be an object';

/**
 * The message for a value that was given instead of an options object: what to write instead. That is the member whose
 * kind the value has, or the likeliest members if none has. Shows a number or a boolean, and never a string, which may
 * be a secret.
 */
export function objectWanted(given: unknown, members: Readonly<Record<string, ArgumentKind>>): string {
  const all = Object.entries(members);
  const required = all.filter(([, { isRight }]) => !isRight(undefined)).map(([name]) => name);
  const found = membersThatTake(given, all);
  const likeliest = found.filter((name) => required.includes(name));
  const written = (likeliest.length > 0 ? likeliest : found)
    .slice(0, MOST_ALTERNATIVES)
    .map((name) => objectOf([...required.filter((other) => other !== name), withValue(name, given)]));
  if (written.length > 0) return `${OBJECT}: write ${written.join(' or ')}`;
  if (required.length > 0) return `${OBJECT}: write ${objectOf(required)}`;
  const names = all.map(([name]) => name);
  if (names.length === 0) return OBJECT;
  const shown = names.length > MOST_NAMES ? [...names.slice(0, MOST_NAMES), '…'] : names;
  return `${OBJECT}, such as ${objectOf(shown)}`;
}

/**
 * What to write instead of an object of a class, such as a cipher, that was given as the options themselves: it has no
 * member of its own that could be refused. `undefined` for anything else.
 */
export function instanceAsOptions(given: object, members: Readonly<Record<string, ArgumentKind>>): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype === Object.prototype || prototype === null) return undefined;
  const specific = Object.entries(members).filter(([name, { isRight }]) => !(name in given) && !isRight({}));
  const found = membersThatTake(given, specific).slice(0, MOST_ALTERNATIVES);
  return found.length === 0 ? undefined : `${OBJECT}: write ${found.map((name) => objectOf([name])).join(' or ')}`;
}

function membersThatTake(given: unknown, members: readonly (readonly [string, ArgumentKind])[]): string[] {
  if (given === undefined || given === null) return [];
  // A kind that takes a symbol takes anything: such a member is checked elsewhere.
  return members.filter(([, { isRight }]) => isRight(given) && !isRight(Symbol.iterator)).map(([name]) => name);
}

function withValue(name: string, given: unknown): string {
  if (typeof given === 'number' || typeof given === 'boolean') return `${name}: ${given}`;
  return typeof given === 'string' ? `${name}: '…'` : name;
}

function objectOf(members: readonly string[]): string {
  return `{ ${members.join(', ')} }`;
}
