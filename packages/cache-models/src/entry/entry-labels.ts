import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { CacheValidationError, type FieldProblem } from '../errors/cache-error.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';
import { compareTexts } from '../text/compare-texts.ts';

/**
 * What a proxy is, beside where it is: `country`, `kind`, `provider`, `cost` or whatever its users choose by. Frozen, names in
 * order. A name is a letter and then letters, digits, `_`, `.` and `-`, at most 64 characters; a value is 1 to 256
 * characters of well-formed text without control characters. At most 32. They are stored in clear.
 */
export type EntryLabels = Readonly<Record<string, string>>;

/** By the names of labels, a value, or several of which any will do. */
export type WantedLabels = Readonly<Record<string, string | readonly string[]>>;

/** Most labels of an entry. */
export const MAX_LABELS = 32;
/** Characters of the longest name of a label. */
export const MAX_LABEL_NAME = 64;
/** UTF-16 units of the longest value of a label. */
export const MAX_LABEL_VALUE = 256;

/** Of an entry without labels: all of those share it. */
export const NO_LABELS: EntryLabels = Object.freeze({});

const NO_TEXTS: readonly string[] = Object.freeze([]);

const NAME = /^[A-Za-z][\w.-]*$/;
const CONTROL = /\p{Cc}/u;
export const LABEL_NAME_PROBLEM = `must be named by a letter and then letters, digits, _ . and -, at most ${MAX_LABEL_NAME} characters`;
export const LABEL_VALUE_PROBLEM = `must be a well-formed text of 1 to ${MAX_LABEL_VALUE} characters, without control characters`;
/** Characters of a wrong name that an error shows. */
const SHOWN = 40;

export function isLabelName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_LABEL_NAME && NAME.test(name);
}

export function isLabelValue(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= MAX_LABEL_VALUE &&
    value.isWellFormed() &&
    !CONTROL.test(value)
  );
}

/** What is wrong with labels that were given, each by its name; nothing if they are right. */
export function labelProblems(labels: unknown): FieldProblem[] {
  if (!Kinds.object.isRight(labels)) return [{ path: '', message: 'must be an object of names and texts' }];
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

/** Labels as an entry holds them: a frozen copy, in the order of their names. Throws a CacheValidationError for what is none. */
export function toLabels(labels: EntryLabels): EntryLabels {
  const problems = labelProblems(labels).map(({ path, message }) => ({
    path: path === '' ? 'labels' : `labels.${path}`,
    message,
  }));
  const [first] = problems;
  if (first !== undefined) throw new CacheValidationError(`${first.path}: ${first.message}`, { problems });
  return inOrder(labels);
}

/** The same of labels that were checked already. */
export function inOrder(labels: EntryLabels): EntryLabels {
  const names = Object.keys(labels);
  if (names.length === 0) return NO_LABELS;
  const copy: Record<string, string> = {};
  for (const name of names.sort(compareTexts)) copy[name] = labels[name]!;
  return Object.freeze(copy);
}

/** Labels of an entry as texts, `name=value`, in the order of their names: how every store keeps them. Throws a CacheValidationError for what is no object. */
export function labelTexts(labels: EntryLabels): readonly string[] {
  if (labels === NO_LABELS) return NO_TEXTS;
  if (!Kinds.object.isRight(labels)) checkArgument('labels', labels, Kinds.object);
  const texts: string[] = [];
  for (const name in labels) texts.push(`${name}=${labels[name]}`);
  return texts;
}

/** Labels of what {@link labelTexts} gave; `undefined` for anything that it never gives. */
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
    // In order, and each once: what is stored has one way to be written.
    if (!isLabelName(name) || !isLabelValue(value) || compareTexts(before, name) >= 0) return undefined;
    labels[name] = value;
    before = name;
  }
  return Object.freeze(labels);
}
