import { type ArgumentKind, Kinds, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { objectWanted } from '../arguments/object-wanted.ts';
import { hintFor } from '../arguments/suggest.ts';
import {
  isLabelName,
  isLabelValue,
  LABEL_NAME_PROBLEM,
  LABEL_VALUE_PROBLEM,
  MAX_LABELS,
} from '../entry/entry-labels.ts';
import { Problems } from '../errors/problems.ts';
import { HEALTH_STATUSES } from '../health/health-status.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';
import { PROXY_SCHEMES } from '../proxy-url/proxy-url.ts';
import type { InstantInput } from '../time/to-instant.ts';
import { toInstant } from '../time/to-instant.ts';
import { ENTRY_ORDERS, type EntryFilter } from './entry-filter.ts';

const MAX_LIMIT = 10_000;
const MAX_TEXT = 1000;
const MAX_VALUES = 1000;
const MEMBERS: ReadonlySet<string> = new Set<keyof EntryFilter>([
  'source',
  'protocol',
  'labels',
  'text',
  'healthStatus',
  'expiresAt',
  'lastAccessed',
  'failureCount',
  'checkDueBy',
  'includeExpired',
  'orderBy',
  'direction',
  'limit',
  'cursor',
]);

/** What a value may mean that is given instead of a filter. */
const LIKELY: Readonly<Record<string, ArgumentKind>> = Object.freeze({
  source: optional(Kinds.string),
  limit: optional(wholeNumber(1, MAX_LIMIT)),
});

/** Throws a CacheValidationError that lists every wrong member of a filter. */
export function checkFilter(filter: EntryFilter): void {
  const problems = new Problems();
  if (!Kinds.object.isRight(filter)) {
    problems.check(false, 'filter', objectWanted(filter, LIKELY));
    problems.throwIfAny('query');
  }
  for (const name of Object.keys(filter)) {
    if (!MEMBERS.has(name)) problems.check(false, name.slice(0, 40), `unknown member${hintFor(name, [...MEMBERS])}`);
  }
  checkStrings(filter, problems);
  checkLabels(filter.labels, problems);
  checkRanges(filter, problems);
  checkPaging(filter, problems);
  problems.throwIfAny('query');
}

function checkStrings({ source, protocol, text, healthStatus }: EntryFilter, problems: Problems): void {
  problems.check(each(source, isText), 'source', `must be a well-formed string, or at most ${MAX_VALUES} of them`);
  const schemes: readonly unknown[] = PROXY_SCHEMES;
  problems.check(
    each(protocol, (value) => schemes.includes(value)),
    'protocol',
    `must be one or more of ${schemes.join(', ')}`,
  );
  const states: readonly unknown[] = HEALTH_STATUSES;
  problems.check(
    each(healthStatus, (value) => states.includes(value)),
    'healthStatus',
    `must be one or more of ${states.join(', ')}`,
  );
  const fits = text === undefined || (isText(text) && text.length <= MAX_TEXT);
  problems.check(fits, 'text', `must be a well-formed string of at most ${MAX_TEXT} characters`);
}

function checkLabels(labels: unknown, problems: Problems): void {
  if (labels === undefined) return;
  if (!Kinds.object.isRight(labels)) {
    problems.check(false, 'labels', 'must be an object of names and strings, or lists of strings');
    return;
  }
  const wanted = Object.entries(labels as object);
  problems.check(wanted.length <= MAX_LABELS, 'labels', `must be at most ${MAX_LABELS}`);
  for (const [name, values] of wanted.slice(0, MAX_LABELS)) {
    const path = `labels.${maskCredentials(name).slice(0, 40)}`;
    problems.check(isLabelName(name), path, LABEL_NAME_PROBLEM);
    problems.check(
      values !== undefined && each(values, isLabelValue),
      path,
      `${LABEL_VALUE_PROBLEM}, or at most ${MAX_VALUES} of them`,
    );
  }
}

function checkRanges(filter: EntryFilter, problems: Problems): void {
  for (const name of ['expiresAt', 'lastAccessed'] as const) {
    checkRange(
      filter[name],
      name,
      ['from', 'to'],
      'a time',
      (value) => toInstant(value as InstantInput) !== undefined,
      problems,
    );
  }
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  checkRange(filter.failureCount, 'failureCount', ['min', 'max'], 'a whole number of 0 or more', isCount, problems);
  const { checkDueBy } = filter;
  problems.check(checkDueBy === undefined || toInstant(checkDueBy) !== undefined, 'checkDueBy', 'must be a time');
}

function checkRange(
  range: unknown,
  name: string,
  members: readonly string[],
  what: string,
  fits: (value: unknown) => boolean,
  problems: Problems,
): void {
  if (range === undefined) return;
  if (!Kinds.object.isRight(range)) {
    problems.check(false, name, 'must be a range');
    return;
  }
  for (const [member, value] of Object.entries(range as object)) {
    const path = `${name}.${member.slice(0, 40)}`;
    problems.check(members.includes(member), path, `unknown member; a range has ${members.join(' and ')}`);
    problems.check(value === undefined || fits(value), path, `must be ${what}`);
  }
}

function checkPaging({ includeExpired, orderBy, direction, limit, cursor }: EntryFilter, problems: Problems): void {
  problems.check(
    includeExpired === undefined || typeof includeExpired === 'boolean',
    'includeExpired',
    'must be true or false',
  );
  problems.check(
    orderBy === undefined || ENTRY_ORDERS.includes(orderBy),
    'orderBy',
    `must be one of ${ENTRY_ORDERS.join(', ')}`,
  );
  problems.check(direction === undefined || ['asc', 'desc'].includes(direction), 'direction', 'must be asc or desc');
  const isLimit = limit === undefined || (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT);
  problems.check(isLimit, 'limit', `must be a whole number from 1 to ${MAX_LIMIT}`);
  problems.check(cursor === undefined || typeof cursor === 'string', 'cursor', 'must be the cursor of a page');
  problems.check(
    orderBy !== 'random' || cursor === undefined,
    'cursor',
    'must be absent: random entries have one page',
  );
}

/** A lone surrogate cannot be encoded as UTF-8: a store would search for another string. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

function each(value: unknown, fits: (value: unknown) => boolean): boolean {
  if (value === undefined) return true;
  return Array.isArray(value) ? value.length <= MAX_VALUES && !hasMisfit(value, fits) : fits(value);
}

/** Uses `findIndex`, because `every` skips holes. */
function hasMisfit(values: readonly unknown[], fits: (value: unknown) => boolean): boolean {
  return values.findIndex((value) => !fits(value)) !== -1;
}
