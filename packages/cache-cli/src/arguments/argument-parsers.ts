import { InvalidArgumentError } from 'commander';
import { STDIN } from '../streams/standard-streams.ts';

/** Parses a whole number. Like all parsers in this file, throws commander's usage error. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number, 0 or more.');
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses `90s`, `15m`, `2h`, `7d`, or plain seconds. */
function durationSeconds(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const value = Number(digits) * UNIT_SECONDS[unit]!;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be whole seconds, or a duration such as 90s, 15m, 2h or 7d.');
}

const MAX_TTL_SECONDS = 100 * 365 * 86_400;

/** 1 second to 100 years. */
export function ttlSeconds(text: string): number {
  const value = durationSeconds(text);
  if (value > 0 && value <= MAX_TTL_SECONDS) return value;
  throw new InvalidArgumentError(
    'It must be from 1 second to 100 years; with 0 seconds an entry would expire immediately.',
  );
}

/** The name of a file or a directory. */
export function pathName(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  if (text.includes('\0')) throw new InvalidArgumentError('It must not contain a NUL character.');
  return text;
}

/** Names of files, checked before any file is read. `-` is stdin, which can be given only once. */
export function pathNames(text: string, before: readonly string[] | undefined): readonly string[] {
  if (text === STDIN && before?.includes(STDIN) === true)
    throw new InvalidArgumentError('Stdin (-) can be read only once.');
  return [...(before ?? []), pathName(text)];
}

/** The name of a source. */
export function sourceName(text: string): string {
  if (text !== '' && text.isWellFormed()) return text;
  throw new InvalidArgumentError('It must not be empty, and must be well-formed Unicode.');
}
