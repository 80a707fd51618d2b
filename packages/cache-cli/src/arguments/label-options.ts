import { MAX_LABEL_NAME, MAX_LABEL_VALUE, MAX_LABELS, maskCredentials } from '@pw/cache-models';
import { isLabelName, isLabelValue } from '@pw/cache-models/tier';
import { InvalidArgumentError } from 'commander';

type WantedLists = Readonly<Record<string, readonly string[]>>;
/** Label values by name. */
export type GivenLabels = Readonly<Record<string, string>>;

/**
 * Adds a `name=value` filter; if a name has several values, any of them matches. Labels are stored with their
 * credentials masked, so the masked value is accepted as well. Throws commander's usage error.
 */
export function wantedLabel(text: string, before: WantedLists = {}): WantedLists {
  const [name, value] = parseLabel(text);
  const values = Object.hasOwn(before, name) ? before[name]! : [];
  const stored = maskCredentials(value).slice(0, MAX_LABEL_VALUE);
  return { ...before, [name]: [...values, value, ...(isLabelValue(stored) ? [stored] : [])] };
}

/** Adds a `name=value` label for imported entries; each name once. Throws commander's usage error. */
export function givenLabel(text: string, before: GivenLabels = {}): GivenLabels {
  const [name, value] = parseLabel(text);
  if (Object.hasOwn(before, name))
    throw new InvalidArgumentError(`The label "${name}" is already given; give each name once.`);
  const labels = { ...before, [name]: value };
  if (Object.keys(labels).length > MAX_LABELS)
    throw new InvalidArgumentError(`At most ${MAX_LABELS} labels are allowed.`);
  return labels;
}

function parseLabel(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 0) throw new InvalidArgumentError('It must be name=value, such as country=US.');
  const name = text.slice(0, equals);
  const value = text.slice(equals + 1);
  if (!isLabelName(name)) {
    // The error report quotes the argument, with its credentials masked.
    throw new InvalidArgumentError(
      `The name must start with a letter, followed by letters, digits, "_", "." or "-", at most ${MAX_LABEL_NAME} characters.`,
    );
  }
  if (isLabelValue(value)) return [name, value];
  throw new InvalidArgumentError(
    `The value of the label "${name}" must be 1 to ${MAX_LABEL_VALUE} characters without control characters.`,
  );
}
