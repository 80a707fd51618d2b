import * as users from '@pw/cache-models';
import * as authors from '@pw/cache-models/tier';
import {
  either,
  isAnything,
  isBag,
  isBytes,
  isEntry,
  isFunction,
  isNull,
  isNumber,
  isText,
  isUndefined,
  maybe,
  must,
  objectOf,
  oneOf,
  wholeFrom,
} from '../../accepts.ts';
import { calls, groupOf } from '../../define-calls.ts';
import type { Parameter } from '../../nonsense-spec.ts';
import { entryFilter, healthCheckResult, rightHealthCheck } from '../tier-calls.ts';
import { scheduleMembers, thresholdMembers } from './checks.ts';
import { anEntry, bindingMembers, cipher, isCipher, rightBinding } from './samples.ts';

const models = { ...users, ...authors };

const entry = must('entry', isEntry);
const aCipher = must('cipher', isCipher);
const perhapsCipher = maybe('cipher', isCipher);
const isInstant = (value: unknown) =>
  isNumber(value) && (value as number) >= models.MIN_INSTANT && (value as number) <= models.MAX_INSTANT;
const bytes = must('bytes', (value) => Buffer.isBuffer(value));
const sealedEntry = () => [anEntry(), cipher];

const checkMembers: readonly Parameter[] = [
  must('status', models.isHealthStatus),
  must('checkTime', isInstant),
  must('responseTimeMs', either(isNull, isNumber)),
  must('errorMessage', either(isNull, isText)),
  must('checkUrl', isText),
];
const check = must('check', objectOf(...checkMembers.map(({ name }) => name)), checkMembers);
const aCheck = () => models.parseHealthCheck(rightHealthCheck() as never, 1);
const rules = maybe('rules', objectOf('schedule', 'thresholds'), [
  maybe('schedule', objectOf(...scheduleMembers.map(({ name }) => name)), scheduleMembers),
  maybe('thresholds', objectOf(...thresholdMembers.map(({ name }) => name)), thresholdMembers),
]);
const isFields = (value: unknown) => isBag(value) && 'source' in (value as object);
const fields = must('fields', isFields, [must('source', isText), must('lastHealthError', either(isNull, isText))]);

const cursorMembers: readonly Parameter[] = [
  must('orderBy', oneOf(...models.ENTRY_ORDERS)),
  must('direction', oneOf('asc', 'desc')),
  must('value', either(isText, isNumber)),
  // A cursor of an order by two values.
  must('second', isUndefined),
  must('key', isText),
];
const aCursor = { orderBy: 'key', direction: 'asc', value: 'a', key: 'a' } as const;
const filter = { ...entryFilter, accepts: objectOf(...entryFilter.members!.map(({ name }) => name)) };
/** An empty result is valid too. */
const isEmpty = (value: unknown) =>
  (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0);

/** Functions that stores use: records, tokens, health checks, pages. */
export const records = groupOf(
  'records, health checks and pages of cache-models',
  calls('entryToRecord', [entry, perhapsCipher], sealedEntry, models.entryToRecord),
  calls('sealCredentials', [entry, perhapsCipher], sealedEntry, models.sealCredentials),
  // A record comes from a disk: an invalid one is damaged, which has its own error.
  calls(
    'recordToEntry',
    [must('record', () => true), perhapsCipher],
    () => [models.entryToRecord(anEntry(), cipher), cipher],
    models.recordToEntry,
  ),
  calls('recordChecksum', [must('record', isBag)], () => [{}], models.recordChecksum),
  calls(
    'hasRottedKey',
    [must('record', isBag), must('checksum', isAnything)],
    () => [{ key: 'k' }, '00000000'],
    models.hasRottedKey,
  ),
  calls(
    'openCredential',
    [must('token', isBytes), perhapsCipher, must('binding', objectOf('role', 'origin'), bindingMembers)],
    () => [Buffer.from('token'), cipher, rightBinding()],
    models.openCredential,
  ),
  calls('sealState', [entry, aCipher], sealedEntry, models.sealState),
  calls('resealTokens', [must('record', isBag), aCipher], () => [{}, cipher], models.resealTokens),
  calls('mayHoldToken', [bytes], () => [Buffer.from('x')], models.mayHoldToken),
  calls('resealText', [bytes, aCipher], () => [Buffer.from('gAAAAA'), cipher], models.resealText),
  calls('maskPlainFields', [fields], () => [anEntry()], models.maskPlainFields),
  calls(
    'parseHealthCheck',
    [healthCheckResult, must('now', isInstant)],
    () => [rightHealthCheck(), 1],
    models.parseHealthCheck,
  ),
  calls('maskHealthCheck', [check, entry], () => [aCheck(), anEntry()], models.maskHealthCheck),
  calls('afterHealthCheck', [entry, check, rules], () => [anEntry(), aCheck(), {}], models.afterHealthCheck),
  calls(
    'afterFailure',
    [entry, must('removeAfter', either(isNull, wholeFrom(1)))],
    () => [anEntry(), 3],
    models.afterFailure,
  ),
  calls(
    'checkRecordArguments',
    [must('key', isText), check, must('change', isFunction)],
    () => ['k', aCheck(), () => undefined],
    models.checkRecordArguments,
  ),
  calls(
    'changedEntry',
    [entry, must('change', isFunction)],
    () => [anEntry(), (one: unknown) => one],
    models.changedEntry,
  ),
  calls(
    'changedOrRemoved',
    [entry, must('change', isFunction)],
    () => [anEntry(), (one: unknown) => one],
    models.changedOrRemoved,
  ),
  calls(
    'formatCursor',
    [must('cursor', objectOf('orderBy', 'direction', 'value', 'second', 'key'), cursorMembers)],
    () => [aCursor],
    models.formatCursor,
  ),
  calls(
    'parseCursor',
    [must('text', isText), must('order', oneOf(...models.ENTRY_ORDERS)), must('dir', oneOf('asc', 'desc'))],
    () => [models.formatCursor(aCursor), 'key', 'asc'],
    models.parseCursor,
  ),
  calls('filterTest', [filter, must('now', isNumber)], () => [{}, 1], models.filterTest),
  calls(
    'queryEntries',
    [must('entries', isEmpty), filter, must('now', isNumber)],
    () => [[anEntry()], {}, 1],
    models.queryEntries,
  ),
);
