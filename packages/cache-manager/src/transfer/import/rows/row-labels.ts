import {
  type EntryLabels,
  isLabelName,
  isLabelValue,
  MAX_LABEL_VALUE,
  MAX_LABELS,
  NO_LABELS,
  toLabels,
} from '@pw/cache-models';
import { namedScheme } from '../words/scheme-words.ts';
import type { MemberNames } from './members/member-names.ts';
import { COUNTRY_MEMBERS, PLACE_LABELS } from './members/member-table.ts';
import { type Member, membersOf, type Row, type RowMembers } from './members/row-members.ts';
import { scalarOf, textOf } from './members/scalar-text.ts';

/** The labels of a row, and what had to be left out. */
export interface RowLabels {
  readonly labels: EntryLabels;
  readonly notes: readonly string[];
}

const NONE: RowLabels = Object.freeze({ labels: NO_LABELS, notes: Object.freeze([]) });

const LEFT_OUT = `is longer than ${MAX_LABEL_VALUE} characters or contains characters that a label must not have, and was left out`;
const NO_OWN = 'labels is neither an object nor a list of name=value strings, and was left out';
const RULES = `a name is a letter followed by letters, digits, _ . and -, at most 64 characters; a value is 1 to ${MAX_LABEL_VALUE} characters without control characters`;
export const TOO_MANY_LABELS = `has labels that were left out: an entry has at most ${MAX_LABELS}`;

/**
 * The labels of a row: of the whole import, those that the row names itself as `labels`, and those that other members tell, such as
 * `country_code`. The first of these that names a label decides. If all that one brings would make more than 32, it adds none.
 */
export function readLabels({ labels, labelling }: RowMembers, ofImport: EntryLabels, names: MemberNames): RowLabels {
  if (labels === undefined && labelling === undefined && ofImport === NO_LABELS) return NONE;
  return combine(ofImport, [readOwn(labels?.value), readMembers(labelling, names)]);
}

/** The labels of a full record, whose other members are known for what they are. */
export function readRecordLabels(row: Row, ofImport: EntryLabels): RowLabels {
  return combine(ofImport, [readOwn(row['labels'])]);
}

function combine(ofImport: EntryLabels, others: readonly RowLabels[]): RowLabels {
  let labels = ofImport;
  let notes: string[] | undefined;
  for (const other of others) {
    if (other === NONE) continue;
    const joined = other.labels === NO_LABELS ? labels : { ...other.labels, ...labels };
    const areTooMany = Object.keys(joined).length > MAX_LABELS;
    if (!areTooMany) labels = joined;
    notes = [...(notes ?? []), ...other.notes, ...(areTooMany ? [TOO_MANY_LABELS] : [])];
  }
  return { labels: labels === ofImport ? labels : toLabels(labels), notes: notes ?? NONE.notes };
}

/** As our records have them, `["name=value"]`, which is taken as it stands, or as an object. */
function readOwn(value: unknown): RowLabels {
  if (value === undefined || value === null || value === '') return NONE;
  if (typeof value !== 'object') return { labels: NO_LABELS, notes: [NO_OWN] };
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

/** What members tell, each label by its best one. */
class LabelCollector {
  readonly #told = new Map<string, { readonly rank: number; readonly value: string }>();
  readonly #wrong = new Set<string>();

  add(label: string, rank: number, value: string): void {
    if (!isLabelValue(value)) this.#wrong.add(label);
    else if ((this.#told.get(label)?.rank ?? Number.POSITIVE_INFINITY) > rank) this.#told.set(label, { rank, value });
  }

  get result(): RowLabels {
    const labels: Record<string, string> = {};
    for (const [label, { value }] of this.#told) labels[label] = value;
    const wrong = [...this.#wrong].filter((label) => !this.#told.has(label));
    return { labels, notes: wrong.map((label) => `${label} ${LEFT_OUT}`) };
  }
}

function readMembers(labelling: readonly Member[] | undefined, names: MemberNames): RowLabels {
  if (labelling === undefined) return NONE;
  let told: LabelCollector | undefined;
  for (const member of labelling) {
    if (member.role.isPlace) {
      told ??= new LabelCollector();
      readLocation(member.value, told, names);
      continue;
    }
    const value = memberText(member, labelling);
    if (value === '') continue;
    told ??= new LabelCollector();
    told.add(member.role.label!.name, member.role.label!.rank, value);
  }
  return told?.result ?? NONE;
}

/** What the row says itself counts more than what an object in it says. */
const RANK_IN_A_PLACE = 100;

function readLocation(place: unknown, told: LabelCollector, names: MemberNames): void {
  if (!isObject(place)) return;
  const { labelling = [] } = membersOf(place, names);
  for (const member of labelling) {
    const { label } = member.role;
    if (label === undefined || !PLACE_LABELS.has(label.name)) continue;
    const value = memberText(member, labelling);
    if (value !== '') told.add(label.name, label.rank + RANK_IN_A_PLACE, value);
  }
}

/** The value of a member, as the label has it; empty for none. */
function memberText({ role, value }: Member, labelling: readonly Member[]): string {
  if (role.label!.name === 'country') return countryOf(value, role.name === 'code' ? labelling : undefined);
  // `type` says the protocol in most lists, and a number of somebody's own in others.
  if (role.field === 'scheme') return typeof value === 'string' && !isProtocolOrLevel(value) ? scalarOf(value) : '';
  return scalarOf(value);
}

const CODE = /^[a-z]{2}$/i;

/** `beside`: the members among which a mere `code` stands, which is that of a country only beside one. */
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
