import type { ArgumentKind } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { type KnownSecret, maskCredentials } from '../masking/mask-credentials.ts';
import type { CacheEntryFields } from './cache-entry-fields.ts';
import { type EntryLabels, MAX_LABEL_VALUE, NO_LABELS } from './entry-labels.ts';

/** The fields of an entry that are text, and are stored in clear. */
type PlainFields = Pick<CacheEntryFields, 'source' | 'lastHealthError' | 'labels'>;
type Credentials = Pick<CacheEntryFields, 'username' | 'password'>;

/** Sources that the packages fill in themselves: they hold no credentials, so none is opened to check them. */
const USUAL_SOURCES: ReadonlySet<string> = new Set(['manual', 'warmed']);

const FIELDS: ArgumentKind = Object.freeze({
  wanted: 'must be the fields of an entry, with its source',
  isRight: (value: unknown) => typeof (value as Partial<PlainFields> | null | undefined)?.source === 'string',
});

const TEXT_OR_NULL: ArgumentKind = Object.freeze({
  wanted: 'must be a string or null',
  isRight: (value: unknown) => value === null || typeof value === 'string',
});

/** Longest error that is kept, in UTF-16 units. */
const MAX_ERROR_LENGTH = 4096;

/**
 * The text fields without recognizable credentials, and without the entry's own. With `before`, a text that is unchanged is not
 * examined again if the credentials are unchanged too.
 */
export function withoutCredentials(
  { source, lastHealthError, labels }: PlainFields,
  { username, password }: Credentials,
  before?: PlainFields & Credentials,
): PlainFields {
  const isSame = username === before?.username && password === before?.password;
  const secrets = [username, password];
  const isOld = {
    source: isSame && source === before?.source,
    error: isSame && lastHealthError === before?.lastHealthError,
    labels: isSame && labels === before?.labels,
  };
  return {
    source: isOld.source ? source : maskSource(source, secrets),
    lastHealthError:
      isOld.error || lastHealthError === null ? lastHealthError : maskErrorText(lastHealthError, secrets),
    labels: isOld.labels ? labels : maskLabels(labels, secrets),
  };
}

/** The text fields for showing: masked, however long the error. */
export function maskedFields({
  source,
  lastHealthError,
  labels,
  username,
  password,
}: PlainFields & Credentials): PlainFields {
  const secrets = [username, password];
  return {
    source: maskSource(source, secrets),
    lastHealthError: lastHealthError === null ? null : maskCredentials(lastHealthError, secrets),
    labels: maskLabels(labels, secrets),
  };
}

/**
 * The fields with {@link maskedFields}; the same object if there is nothing to mask. For entries that come from a file or go into
 * one, and for those whose credentials come from elsewhere than their texts.
 */
export function maskPlainFields(fields: CacheEntryFields): CacheEntryFields {
  if (typeof fields?.source !== 'string') checkArgument('fields', fields, FIELDS);
  if (fields.lastHealthError !== null && typeof fields.lastHealthError !== 'string')
    checkArgument('fields.lastHealthError', fields.lastHealthError, TEXT_OR_NULL);
  const { source, lastHealthError, labels } = maskedFields(fields);
  const isClean = source === fields.source && lastHealthError === fields.lastHealthError && labels === fields.labels;
  return isClean ? fields : { ...fields, source, lastHealthError, labels };
}

/** The text of an error as it is kept: masked, and no longer than 4,096 characters. */
export function maskErrorText(text: string, secrets: readonly KnownSecret[] = []): string {
  return cut(maskCredentials(text, secrets), MAX_ERROR_LENGTH);
}

function maskSource(source: string, secrets: readonly KnownSecret[]): string {
  return USUAL_SOURCES.has(source) ? source : maskCredentials(source, secrets);
}

/** The same labels if there is nothing to mask. */
function maskLabels(labels: EntryLabels, secrets: readonly KnownSecret[]): EntryLabels {
  if (labels === NO_LABELS) return labels;
  let masked: Record<string, string> | undefined;
  for (const name in labels) {
    const value = labels[name]!;
    const shown = cut(maskCredentials(value, secrets), MAX_LABEL_VALUE);
    if (shown === value) continue;
    masked ??= { ...labels };
    masked[name] = shown;
  }
  return masked === undefined ? labels : Object.freeze(masked);
}

/** The first `length` units, or one less: half a character is not stored. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, /[\ud800-\udbff]/.test(text[length - 1]!) ? length - 1 : length);
}
