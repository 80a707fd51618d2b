import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheValidationError, type FieldProblem } from '../errors/cache-error.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';
import { compareTexts } from '../text/compare-texts.ts';

/**
 * Properties of a proxy by which its users select it, such as `country`, `kind`, `provider` or `cost`. Frozen, and
 * ordered by name. A name is a letter followed by letters, digits, `_`, `.` and `-`, at most 64 characters; a value is
 * 1 to 256 characters of well-formed Unicode without control characters. At most 32 labels. They are stored
 * unencrypted.
 */
export type EntryLabels = Readonly<Record<string, string>>;

/** The wanted values by label name: one value, or several of which any matches. */
export type WantedLabels = Readonly<Record<string, string | readonly string[]>>;

/** Maximum number of labels of an entry. */
export const MAX_LABELS = 32;
/** Maximum length of a label's name, in characters. */
export const MAX_LABEL_NAME = 64;
/** Maximum length of a label's value, in UTF-16 units. */
export const MAX_LABEL_VALUE = 256;

/** The labels of every entry that has none. */
export const NO_LABELS: EntryLabels = Object.freeze({});

const NO_STRINGS: readonly string[] = Object.freeze([]);

const NAME = /^[A-Za-z][\w.-]*$/;
const CONTROL = /\p{Cc}/u;
export const LABEL_NAME_PROBLEM = `must have a name of a letter followed by letters, digits, _ . and -, at most ${MAX_LABEL_NAME} characters`;
export const LABEL_VALUE_PROBLEM = `must be a well-formed string of 1 to ${MAX_LABEL_VALUE} characters, without control characters`;
/** Maximum length of a wrong name in an error. */
const SHOWN = 40;

/** True for a string that may be the name of a label (see {@link EntryLabels}). */
export function isLabelName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_LABEL_NAME && NAME.test(name);
}

/** True for a string that may be the value of a label (see {@link EntryLabels}). */
export function isLabelValue(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= MAX_LABEL_VALUE &&
    value.isWellFormed() &&
    !CONTROL.test(value)
  );
}

/** The problems of labels, each with the label's name as its path; an empty list if there are none. */
export function labelProblems(labels: unknown): FieldProblem[] {
  if (!Kinds.object.isRight(labels)) return [{ path: '', message: 'must be an object of names and strings' }];
  const problems: FieldProblem[] = [];
  const names = Reflect.ownKeys(labels as object);
  if (names.length > MAX_LABELS) problems.push({ path: '', message: `must be at most ${MAX_LABELS}` });
  for (const name of names.slice(0, MAX_LABELS)) {
    const path = maskCredentials(String(name)).slice(0, SHOWN);
    if (!isLabelName(name)) problems.push({ path, message: LABEL_NAME_PROBLEM });
    else if (!isLabelValue((labels as EntryLabels)[name])) problems.push({ path, message: LABEL_VALUE_PROBLEM });
  }
  return problems;
}

/**
 * Labels as an entry keeps them: a frozen copy, ordered by name. Throws a CacheValidationError that names each wrong
 * label.
 */
export function toLabels(labels: EntryLabels): EntryLabels {
  const problems = labelProblems(labels).map(({ path, message }) => ({
    path: path === '' ? 'labels' : `labels.${path}`,
    message,
  }));
  const [first] = problems;
  if (first !== undefined) throw new CacheValidationError(`${first.path}: ${first.message}`, { problems });
  return inOrder(labels);
}

/** As {@link toLabels}, for labels that were checked already. */
export function inOrder(labels: EntryLabels): EntryLabels {
  const names = Object.keys(labels);
  if (names.length === 0) return NO_LABELS;
  const copy: Record<string, string> = {};
  for (const name of names.sort(compareTexts)) copy[name] = labels[name]!;
  return Object.freeze(copy);
}

/**
 * The labels of an entry as strings, `name=value`, ordered by name, as every store keeps them. Throws a
 * CacheValidationError unless `labels` is an object.
 *
 * @example
 * ```ts
 * labelTexts(entry.labels); // ['country=DE', 'kind=residential']
 * ```
 */
export function labelTexts(labels: EntryLabels): readonly string[] {
  if (labels === NO_LABELS) return NO_STRINGS;
  if (!Kinds.object.isRight(labels)) checkArgument('labels', labels, Kinds.object);
  const texts: string[] = [];
  for (const name in labels) texts.push(`${name}=${labels[name]}`);
  return texts;
}

/** Parses the output of {@link labelTexts}; `undefined` for anything that it never returns. */
export function parseLabelTexts(texts: unknown): EntryLabels | undefined {
  if (!Array.isArray(texts) || texts.length > MAX_LABELS) return undefined;
  if (texts.length === 0) return NO_LABELS;
  const labels: Record<string, string> = {};
  let before = '';
  for (const text of texts as readonly unknown[]) {
    if (typeof text !== 'string') return undefined;
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(0, equals));
    const value = text.slice(equals + 1);
    // Ordered and unique: the same labels have exactly one stored form.
    if (!isLabelName(name) || !isLabelValue(value) || compareTexts(before, name) >= 0) return undefined;
    labels[name] = value;
    before = name;
  }
  return Object.freeze(labels);
}
