import {
  type EntryLabels,
  isLabelName,
  isLabelValue,
  MAX_LABEL_VALUE,
  MAX_LABELS,
  NO_LABELS,
  toLabels,
  trimInvisible,
} from '@pw/cache-models';
import { MAX_FIELD_CHARACTERS } from './import-limits.ts';
import { COUNTRY_MEMBERS, LABEL_MEMBERS, PLACE_LABELS, PLACE_MEMBERS } from './label-members.ts';

type Row = Readonly<Record<string, unknown>>;

/** The labels of a row, and what had to be left out. */
export interface RowLabels {
  readonly labels: EntryLabels;
  readonly notes: readonly string[];
}

const NONE: RowLabels = Object.freeze({ labels: NO_LABELS, notes: Object.freeze([]) });

const LEFT_OUT = `is longer than ${MAX_LABEL_VALUE} characters or holds what no label may, and was left out`;
const NO_OWN = 'labels is neither an object nor a list of name=value, and was left out';
const RULES = `a name is a letter and then letters, digits, _ . and -, at most 64 characters; a value is 1 to ${MAX_LABEL_VALUE} characters without control characters`;
const TOO_MANY = `has labels that were left out: with them it would have more than ${MAX_LABELS}`;

/**
 * The labels of a row: of the whole import, those that the row names itself as `labels`, and those that other members tell, such as
 * `country_code`. The first of these that names a label decides. If all that one brings would make more than 32, it adds none.
 */
export function readLabels(row: Row, ofImport: EntryLabels): RowLabels {
  return combine(ofImport, [readOwn(row['labels']), readMembers(row)]);
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
    notes = [...(notes ?? []), ...other.notes, ...(areTooMany ? [TOO_MANY] : [])];
  }
  return { labels: labels === ofImport ? labels : toLabels(labels), notes: notes ?? NONE.notes };
}

/** As our records have them, `["name=value"]`, which is taken as it stands, or as an object. */
function readOwn(value: unknown): RowLabels {
  if (value === undefined || value === null || value === '') return NONE;
  if (typeof value !== 'object') return { labels: NO_LABELS, notes: [NO_OWN] };
  const pairs = Array.isArray(value) ? pairsOf(value) : Object.entries(value);
  if (pairs.length > MAX_LABELS) return { labels: NO_LABELS, notes: [TOO_MANY] };
  const labels: Record<string, string> = {};
  let wrong = 0;
  for (const [name, given] of pairs) {
    const text = Array.isArray(value) ? given : textOf(given);
    if (given === null || text === '') continue;
    if (isLabelName(name) && isLabelValue(text)) labels[name] = text;
    else wrong++;
  }
  return { labels, notes: wrong === 0 ? [] : [`labels: ${wrong} left out: ${RULES}`] };
}

function pairsOf(texts: readonly unknown[]): (readonly [string, unknown])[] {
  return texts.map((text) => {
    const equals = typeof text === 'string' ? text.indexOf('=') : -1;
    return equals < 0 ? ['', undefined] : [(text as string).slice(0, equals), (text as string).slice(equals + 1)];
  });
}

/** What members tell, each label by its best one. */
class Told {
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

function readMembers(row: Row): RowLabels {
  let told: Told | undefined;
  for (const name in row) {
    const member = LABEL_MEMBERS.get(name);
    if (member !== undefined) {
      const value = memberText(row, name, member.label);
      if (value === '') continue;
      told ??= new Told();
      told.add(member.label, member.rank, value);
    } else if (PLACE_MEMBERS.has(name)) {
      told ??= new Told();
      readPlace(row[name], told);
    }
  }
  return told?.result ?? NONE;
}

/** What the row says itself counts more than what an object in it says. */
const RANK_IN_A_PLACE = 100;

function readPlace(place: unknown, told: Told): void {
  if (!isObject(place)) return;
  for (const name in place) {
    const member = LABEL_MEMBERS.get(name);
    if (member === undefined || !PLACE_LABELS.has(member.label)) continue;
    const value = memberText(place, name, member.label);
    if (value !== '') told.add(member.label, member.rank + RANK_IN_A_PLACE, value);
  }
}

/** The value of a member, as the label has it; empty for none. */
function memberText(row: Row, name: string, label: string): string {
  const given = row[name];
  if (label === 'country') return countryOf(given, /^code$/i.test(name) ? row : undefined);
  // `type` says the protocol in most lists, and a number of somebody's own in others.
  if (/^type$/i.test(name)) return typeof given === 'string' && !isProtocolOrLevel(given) ? scalarOf(given) : '';
  return scalarOf(given);
}

const CODE = /^[a-z]{2}$/i;

/** `beside`: the row in which a mere `code` stands, which is that of a country only beside one. */
function countryOf(given: unknown, beside: Row | undefined): string {
  if (isObject(given)) {
    const name = COUNTRY_MEMBERS.find((member) => scalarOf(given[member]) !== '');
    return name === undefined ? '' : countryOf(given[name], undefined);
  }
  const text = scalarOf(given);
  if (CODE.test(text)) return beside === undefined || hasCountry(beside) ? text.toUpperCase() : '';
  return beside === undefined ? text : '';
}

function hasCountry(row: Row): boolean {
  return ['country', 'Country', 'COUNTRY'].some((name) => scalarOf(row[name]) !== '');
}

const NOT_A_KIND: ReadonlySet<string> = new Set([
  ...['', 'http', 'https', 'socks', 'socks4', 'socks4a', 'socks5', 'socks5h', 'connect', 'direct'],
  ...['transparent', 'anonymous', 'elite', 'distorting', 'proxy', 'noa', 'anm', 'hia'],
]);

function isProtocolOrLevel(text: string): boolean {
  if (text.length > MAX_LABEL_VALUE) return false;
  const words = text.toLowerCase().split(/[^a-z\d]+/);
  return words.every((word) => NOT_A_KIND.has(word));
}

/** What programs write where there is nothing. */
const NOTHING: ReadonlySet<string> = new Set(['-', 'none', 'null', 'nan', 'n/a']);

/** A text without what is around it, or the digits of a number; empty for nothing. */
function scalarOf(value: unknown): string {
  const text = textOf(value) ?? '';
  return text.length < 5 && NOTHING.has(text.toLowerCase()) ? '' : text;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value !== 'string') return undefined;
  // A longer one is no label, whatever is around it.
  return value.length > MAX_FIELD_CHARACTERS ? value : trimInvisible(value.trim()).trim();
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
