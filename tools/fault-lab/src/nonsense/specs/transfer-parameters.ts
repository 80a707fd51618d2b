import { join } from 'node:path';
import { KEY_IDENTITIES, PROXY_FILE_FORMATS } from '@pw/cache-manager';
import { PROXY_SCHEMES } from '@pw/cache-models';
import { isBoolean, isFunction, isText, maybe, objectOf, oneOf, wholeFrom } from '../accepts.ts';
import type { Parameter } from '../nonsense-spec.ts';

export const isPath = (value: unknown) => isText(value) && value !== '' && !(value as string).includes('\0');

/** A path among the invalid values, moved to where it does no harm. */
export function within(folder: string, path: unknown): unknown {
  return isPath(path) ? join(folder, path as string) : path;
}

/** Options by their members. */
export function options(name: string, members: readonly Parameter[]): Parameter {
  return maybe(name, objectOf(...members.map((member) => member.name)), members);
}

export const isIterable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
export const hooks: readonly Parameter[] = [maybe('onProgress', isFunction), maybe('signal', () => false)];
export const batchSize = maybe('batchSize', wholeFrom(1, 10_000));
export const rowOptions: readonly Parameter[] = [
  maybe('ttlOverride', wholeFrom(0)),
  maybe('defaultScheme', oneOf(...PROXY_SCHEMES)),
  maybe('bareNames', isBoolean),
  maybe('format', oneOf(...PROXY_FILE_FORMATS)),
  maybe('keyIdentity', oneOf(...KEY_IDENTITIES)),
  maybe('refuse', isFunction),
  batchSize,
  ...hooks,
];
export const warmOptions = options('options', [...rowOptions, maybe('defaultSource', isText)]);
