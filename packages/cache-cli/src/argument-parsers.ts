import { InvalidArgumentError } from 'commander';

/** Throws commander's usage error, as all of these do. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number of 0 or more.');
}

const MAX_TTL_SECONDS = 100 * 365 * 86_400;

/** 1 second to 100 years. */
export function ttlSeconds(text: string): number {
  const value = wholeNumber(text);
  if (value > 0 && value <= MAX_TTL_SECONDS) return value;
  throw new InvalidArgumentError(
    'It must be from 1 second to 100 years; an entry that lives for 0 seconds is never seen.',
  );
}

/** The name of a file or a directory. */
export function pathName(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  if (text.includes('\0')) throw new InvalidArgumentError('It must not contain a NUL.');
  return text;
}

/** Names of files, checked before the first of them is read. */
export function pathNames(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), pathName(text)];
}
