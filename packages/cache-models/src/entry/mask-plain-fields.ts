import type { ArgumentKind } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { type KnownSecret, maskCredentials } from '../masking/mask-credentials.ts';
import type { CacheEntryFields } from './cache-entry-fields.ts';
import { type EntryLabels, MAX_LABEL_VALUE, NO_LABELS } from './entry-labels.ts';

/** The text fields of an entry, which are stored unencrypted. */
type PlainFields = Pick<CacheEntryFields, 'source' | 'lastHealthError' | 'labels'>;
type Credentials = Pick<CacheEntryFields, 'username' | 'password'>;

/**
 * Sources that these packages set themselves: they contain no credentials, so that none needs to be decrypted to check
 * them.
 */
const USUAL_SOURCES: ReadonlySet<string> = new Set(['manual', 'warmed']);

const FIELDS: ArgumentKind = Object.freeze({
  wanted: 'must be the fields of an entry, including its source',
  isRight: (value: unknown) => typeof (value as Partial<PlainFields> | null | undefined)?.source === 'string',
});

const TEXT_OR_NULL: ArgumentKind = Object.freeze({
  wanted: 'must be a string or null',
  isRight: (value: unknown) => value === null || typeof value === 'string',
});

/** Maximum length of a stored error, in UTF-16 units. */
const MAX_ERROR_LENGTH = 4096;

/**
 * The text fields, in which recognizable credentials and the entry's own credentials are masked. `before` is the entry
 * that is being changed: a field that is the same there is not examined again if the credentials are the same too.
 */
export function withoutCredentials(
  { source, lastHealthError, labels }: PlainFields,
  { username, password }: Credentials,
  before?: PlainFields & Credentials,
): PlainFields {
  const isSame = username === before?.username && password === before?.password;
  const secrets = [username, password];
  const isUnchanged = {
    source: isSame && source === before?.source,
    error: isSame && lastHealthError === before?.lastHealthError,
    labels: isSame && labels === before?.labels,
  };
  return {
    source: isUnchanged.source ? source : maskSource(source, secrets),
    lastHealthError:
      isUnchanged.error || lastHealthError === null ? lastHealthError : maskErrorText(lastHealthError, secrets),
    labels: isUnchanged.labels ? labels : maskLabels(labels, secrets),
  };
}

/** The text fields for display: masked, with the error at full length. */
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
 * The fields of an entry as a plain object, with credentials masked in its text fields ({@link maskCredentials}). For
 * entries that are read from or written to a file, and for entries that get credentials from another source than their
 * text fields. Throws a CacheValidationError for a value that is not the fields of an entry.
 */
export function maskPlainFields(entry: CacheEntryFields & { toFields?(): CacheEntryFields }): CacheEntryFields {
  // A spread of an entry would lose its counts.
  const fields = typeof entry?.toFields === 'function' ? entry.toFields() : entry;
  if (typeof fields?.source !== 'string') checkArgument('fields', fields, FIELDS);
  if (fields.lastHealthError !== null && typeof fields.lastHealthError !== 'string')
    checkArgument('fields.lastHealthError', fields.lastHealthError, TEXT_OR_NULL);
  const { source, lastHealthError, labels } = maskedFields(fields);
  const isClean = source === fields.source && lastHealthError === fields.lastHealthError && labels === fields.labels;
  return isClean ? fields : { ...fields, source, lastHealthError, labels };
}

/** An error's text as it is stored: masked, and cut to 4,096 characters. */
export function maskErrorText(text: string, secrets: readonly KnownSecret[] = []): string {
  return cut(maskCredentials(text, secrets), MAX_ERROR_LENGTH);
}

function maskSource(source: string, secrets: readonly KnownSecret[]): string {
  return USUAL_SOURCES.has(source) ? source : maskCredentials(source, secrets);
}

/** Labels with masked values; the same object if there is nothing to mask. */
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

/** The first `length` units, or one less so as not to split a surrogate pair. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, /[\ud800-\udbff]/.test(text[length - 1]!) ? length - 1 : length);
}
