import {
  isLabelName,
  isLabelValue,
  MAX_LABEL_NAME,
  MAX_LABEL_VALUE,
  MAX_LABELS,
  maskCredentials,
} from '@pw/cache-models';
import { InvalidArgumentError } from 'commander';

type WantedLists = Readonly<Record<string, readonly string[]>>;
/** A value by the name of each label. */
export type GivenLabels = Readonly<Record<string, string>>;

/**
 * One more `name=value` to look for: of several values of one name any will do. One that holds credentials is stored without them, and is
 * looked for as it is stored too. Throws commander's usage error, as the other does.
 */
export function wantedLabel(text: string, before: WantedLists = {}): WantedLists {
  const [name, value] = parseLabel(text);
  const values = Object.hasOwn(before, name) ? before[name]! : [];
  const stored = maskCredentials(value).slice(0, MAX_LABEL_VALUE);
  return { ...before, [name]: [...values, value, ...(isLabelValue(stored) ? [stored] : [])] };
}

/** One more `name=value` to give to entries: each name once. */
export function givenLabel(text: string, before: GivenLabels = {}): GivenLabels {
  const [name, value] = parseLabel(text);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`The label "${name}" is given twice.`);
  const labels = { ...before, [name]: value };
  if (Object.keys(labels).length > MAX_LABELS) throw new InvalidArgumentError(`There may be at most ${MAX_LABELS}.`);
  return labels;
}

function parseLabel(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 0) throw new InvalidArgumentError('It must be name=value, such as country=US.');
  const name = text.slice(0, equals);
  const value = text.slice(equals + 1);
  if (!isLabelName(name)) {
    // Whoever reports it shows the argument, without the credentials in it.
    throw new InvalidArgumentError(
      `The name must be a letter and then letters, digits, _ . and -, at most ${MAX_LABEL_NAME} characters.`,
    );
  }
  if (isLabelValue(value)) return [name, value];
  throw new InvalidArgumentError(
    `The value of the label "${name}" must be 1 to ${MAX_LABEL_VALUE} characters without control characters.`,
  );
}
