import { type EntryLabels, MAX_LABEL_VALUE, MAX_LABELS, NO_LABELS } from '@pw/cache-models';
import { isLabelName, isLabelValue, toLabels } from '@pw/cache-models/tier';
import { namedScheme } from '../words/scheme-words.ts';
import type { MemberNames } from './members/member-names.ts';
import { COUNTRY_MEMBERS, PLACE_LABELS } from './members/member-table.ts';
import { type Member, membersOf, type Row, type RowMembers } from './members/row-members.ts';
import { scalarOf, textOf } from './members/scalar-text.ts';

/** The labels of a row; `notes` are the problems with labels that were left out. */
export interface RowLabels {
  readonly labels: EntryLabels;
  readonly notes: readonly string[];
}

const NONE: RowLabels = Object.freeze({ labels: NO_LABELS, notes: Object.freeze([]) });

const LEFT_OUT = `is longer than ${MAX_LABEL_VALUE} characters or contains characters that a label must not have, and was left out`;
const WRONG_TYPE = 'labels is neither an object nor a list of name=value strings, and was left out';
const RULES = `a name is a letter followed by letters, digits, _ . and -, at most 64 characters; a value is 1 to ${MAX_LABEL_VALUE} characters without control characters`;
export const TOO_MANY_LABELS = `has labels that were left out: an entry has at most ${MAX_LABELS}`;

/**
 * The labels of a row, in order of precedence: those of the import, those in its member `labels`, and those of other
 * members such as `country_code`. A group that would exceed the limit of 32 adds no label.
 */
export function readLabels(
  { labels, labelling }: RowMembers,
  importLabels: EntryLabels,
  names: MemberNames,
): RowLabels {
  if (labels === undefined && labelling === undefined && importLabels === NO_LABELS) return NONE;
  return combine(importLabels, [readLabelsMember(labels?.value), readOtherMembers(labelling, names)]);
}

/** The labels of a full record, whose other members are not labels. */
export function readRecordLabels(row: Row, importLabels: EntryLabels): RowLabels {
  return combine(importLabels, [readLabelsMember(row['labels'])]);
}

function combine(importLabels: EntryLabels, others: readonly RowLabels[]): RowLabels {
  let labels = importLabels;
  let notes: string[] | undefined;
  for (const other of others) {
    if (other === NONE) continue;
    const joined = other.labels === NO_LABELS ? labels : { ...other.labels, ...labels };
    const areTooMany = Object.keys(joined).length > MAX_LABELS;
    if (!areTooMany) labels = joined;
    notes = [...(notes ?? []), ...other.notes, ...(areTooMany ? [TOO_MANY_LABELS] : [])];
  }
  return { labels: labels === importLabels ? labels : toLabels(labels), notes: notes ?? NONE.notes };
}

/** A list as in our records, `["name=value"]`, which is taken literally, or an object. */
function readLabelsMember(value: unknown): RowLabels {
  if (value === undefined || value === null || value === '') return NONE;
  if (typeof value !== 'object') return { labels: NO_LABELS, notes: [WRONG_TYPE] };
  const pairs = Array.isArray(value) ? pairsOf(value) : Object.entries(value);
  if (pairs.length > MAX_LABELS) return { labels: NO_LABELS, notes: [TOO_MANY_LABELS] };
  const labels: Record<string, string> = {};
  let wrong = 0;
  for (const [name, given] of pairs) {
    const text = Array.isArray(value) ? given : textOf(given);
    if (given === null || text === '') continue;
    if (isLabelName(name) && isLabelValue(text)) labels[name] = text;
    else wrong++;
  }
  return { labels, notes: wrong === 0 ? [] : [`labels: ${wrong} invalid, left out: ${RULES}`] };
}

function pairsOf(texts: readonly unknown[]): (readonly [string, unknown])[] {
  return texts.map((text) => {
    const equals = typeof text === 'string' ? text.indexOf('=') : -1;
    return equals < 0 ? ['', undefined] : [(text as string).slice(0, equals), (text as string).slice(equals + 1)];
  });
}

/** Labels from members; for each label the member with the lowest rank counts. */
class LabelCollector {
  readonly #found = new Map<string, { readonly rank: number; readonly value: string }>();
  readonly #wrong = new Set<string>();

  add(label: string, rank: number, value: string): void {
    if (!isLabelValue(value)) this.#wrong.add(label);
    else if ((this.#found.get(label)?.rank ?? Number.POSITIVE_INFINITY) > rank) this.#found.set(label, { rank, value });
  }

  get result(): RowLabels {
    const labels: Record<string, string> = {};
    for (const [label, { value }] of this.#found) labels[label] = value;
    const wrong = [...this.#wrong].filter((label) => !this.#found.has(label));
    return { labels, notes: wrong.map((label) => `${label} ${LEFT_OUT}`) };
  }
}

function readOtherMembers(labelling: readonly Member[] | undefined, names: MemberNames): RowLabels {
  if (labelling === undefined) return NONE;
  let found: LabelCollector | undefined;
  for (const member of labelling) {
    if (member.role.isPlace) {
      found ??= new LabelCollector();
      readLocation(member.value, found, names);
      continue;
    }
    const value = memberText(member, labelling);
    if (value === '') continue;
    found ??= new LabelCollector();
    found.add(member.role.label!.name, member.role.label!.rank, value);
  }
  return found?.result ?? NONE;
}

/** Members of the row itself rank before members of an object in it. */
const RANK_IN_A_PLACE = 100;

function readLocation(place: unknown, found: LabelCollector, names: MemberNames): void {
  if (!isObject(place)) return;
  const { labelling = [] } = membersOf(place, names);
  for (const member of labelling) {
    const { label } = member.role;
    if (label === undefined || !PLACE_LABELS.has(label.name)) continue;
    const value = memberText(member, labelling);
    if (value !== '') found.add(label.name, label.rank + RANK_IN_A_PLACE, value);
  }
}

/** The label value of a member; empty if none. */
function memberText({ role, value }: Member, labelling: readonly Member[]): string {
  if (role.label!.name === 'country') return countryOf(value, role.name === 'code' ? labelling : undefined);
  // `type` is the protocol in most lists, and an arbitrary number in others.
  if (role.field === 'scheme') return typeof value === 'string' && !isProtocolOrLevel(value) ? scalarOf(value) : '';
  return scalarOf(value);
}

const CODE = /^[a-z]{2}$/i;

/** `beside`: the sibling members of a plain `code`, which is a country code only next to a country. */
function countryOf(given: unknown, beside: readonly Member[] | undefined): string {
  if (isObject(given)) {
    const name = COUNTRY_MEMBERS.find((member) => scalarOf(given[member]) !== '');
    return name === undefined ? '' : countryOf(given[name], undefined);
  }
  const text = scalarOf(given);
  if (CODE.test(text)) return beside === undefined || hasCountry(beside) ? text.toUpperCase() : '';
  return beside === undefined ? text : '';
}

function hasCountry(members: readonly Member[]): boolean {
  return members.some(({ role, value }) => role.name === 'country' && scalarOf(value) !== '');
}

const NOT_A_KIND: ReadonlySet<string> = new Set([
  '',
  'transparent',
  'anonymous',
  'elite',
  'distorting',
  'noa',
  'anm',
  'hia',
]);

function isProtocolOrLevel(text: string): boolean {
  if (namedScheme(text) !== 'unknown') return true;
  if (text.length > MAX_LABEL_VALUE) return false;
  const words = text.toLowerCase().split(/[^a-z\d]+/);
  return words.every((word) => NOT_A_KIND.has(word));
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
