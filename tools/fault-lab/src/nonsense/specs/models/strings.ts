import * as users from '@pw/cache-models';
import * as authors from '@pw/cache-models/tier';
import {
  either,
  isAnything,
  isBag,
  isEntry,
  isFunction,
  isLabelValue,
  isNull,
  isNumber,
  isText,
  isUndefined,
  listOf,
  maybe,
  must,
  objectOf,
} from '../../accepts.ts';
import { calls, groupOf } from '../../define-calls.ts';

const models = { ...users, ...authors };

const isInstant = (value: unknown) =>
  isNumber(value) && (value as number) >= models.MIN_INSTANT && (value as number) <= models.MAX_INSTANT;
const isSecret = (value: unknown) => models.Secret.isSecret(value);
const isUsername = either(isUndefined, isNull, isText, isSecret);
const labels = must('labels', objectOf('country'), [must('country', isLabelValue)]);
const wantedLabels = must('labels', objectOf('country'), [must('country', either(listOf(isLabelValue), isLabelValue))]);
const URL = 'http://h.example:8080';

const isSideName = (value: unknown): boolean => typeof value === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(value);
const isSideValue = (value: unknown): boolean => models.isSideValue(value);

/** Functions of strings and times. */
export const strings = groupOf(
  'strings and times of cache-models',
  calls(
    'generateCacheKey',
    [must('proxyUrl', isText), maybe('options', objectOf('username'), [maybe('username', isUsername)])],
    () => [URL, {}],
    models.generateCacheKey,
  ),
  calls('trimInvisible', [must('text', isText)], () => [' x'], models.trimInvisible),
  calls('parseProxyHost', [must('given', isText)], () => ['h.example'], models.parseProxyHost),
  calls('parseProxyUrl', [must('given', isText)], () => [URL], models.parseProxyUrl),
  calls('originOf', [must('proxyUrl', isText)], () => [URL], models.originOf),
  calls(
    'maskCredentials',
    [must('text', isText), maybe('secrets', listOf(isUsername))],
    () => ['http://u:p@h:1', []],
    models.maskCredentials,
  ),
  calls('maskProxyUrl', [must('url', isText)], () => ['http://u:p@h:1'], models.maskProxyUrl),
  calls('compareTexts', [must('a', isText), must('b', isText)], () => ['a', 'b'], models.compareTexts),
  calls('toStorable', [must('instant', isNumber)], () => [1], models.toStorable),
  calls('fromEpochSeconds', [must('seconds', isNumber)], () => [1], models.fromEpochSeconds),
  calls('toEpochSeconds', [must('instant', isNumber)], () => [1], models.toEpochSeconds),
  calls('formatInstant', [must('instant', isInstant)], () => [1], models.formatInstant),
  calls('parseInstant', [must('text', isText)], () => ['2026-01-01T00:00:00Z'], models.parseInstant),
  // Returns `undefined` for anything that is not a time.
  calls('toInstant', [must('value', isAnything)], () => [1], models.toInstant),
  calls('isTooLongKey', [must('key', isAnything)], () => ['k'], models.isTooLongKey),
  calls('isSideValue', [must('value', isAnything)], () => ['text'], models.isSideValue),
  calls(
    'checkSideValue',
    [must('name', isSideName), must('value', isSideValue)],
    () => ['a-name', 'a-value'],
    models.checkSideValue,
  ),
  calls('isInstant', [must('value', isAnything)], () => [1], models.isInstant),
  calls('isHealthStatus', [must('value', isAnything)], () => ['dead'], models.isHealthStatus),
  calls('isDirectoryChecks', [must('value', isAnything)], () => ['off'], models.isDirectoryChecks),
  calls('isLabelName', [must('name', isAnything)], () => ['country'], models.isLabelName),
  calls('isLabelValue', [must('value', isAnything)], () => ['DE'], models.isLabelValue),
  // Returns the problems of any value.
  calls('labelProblems', [must('labels', isAnything)], () => [{ country: 'DE' }], models.labelProblems),
  calls('toLabels', [labels], () => [{ country: 'DE' }], models.toLabels),
  calls('labelTest', [wantedLabels], () => [{ country: 'DE' }], models.labelTest),
  // The fields of an entry were checked when it was created.
  calls('labelTexts', [must('labels', isBag)], () => [{ country: 'DE' }], models.labelTexts),
  // Returns `undefined` for anything that is not labels.
  calls('parseLabelTexts', [must('texts', isAnything)], () => [['country=DE']], models.parseLabelTexts),
  calls('isPromise', [must('value', isAnything)], () => [Promise.resolve()], models.isPromise),
  calls('reasonToShow', [must('error', isAnything)], () => [new Error('x')], models.reasonToShow),
  calls('fateOfTokens', [must('error', isAnything)], () => [new Error('x')], models.fateOfTokens),
  calls('allOf', [must('results', (value) => Array.isArray(value))], () => [[1, 2]], models.allOf),
  calls('chain', [must('value', isAnything), must('next', isFunction)], () => [1, () => 2], models.chain),
  calls(
    'extractUrlCredentials',
    [must('entry', isEntry)],
    () => [models.CacheEntry.create({ proxyUrl: URL })],
    models.extractUrlCredentials,
  ),
);
