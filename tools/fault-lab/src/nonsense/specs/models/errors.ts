import {
  CacheConfigError,
  CacheCorruptionError,
  CacheError,
  CacheErrorCode,
  CacheStorageError,
  CacheValidationError,
  CredentialUnreadableError,
} from '@pw/cache-models';
import { errorCode, ignoreRejection, Problems } from '@pw/cache-models/tier';
import { isAnything, isBoolean, isFunction, isText, listOf, maybe, must, objectOf, oneOf } from '../../accepts.ts';
import { calls, constructs, groupOf } from '../../define-calls.ts';

const message = must('message', isText);
const members = [
  maybe('code', oneOf(...Object.values(CacheErrorCode))),
  maybe('tier', isText),
  maybe('cause', isAnything),
];
const isProblem = (value: unknown) => objectOf('path', 'message')(value) && Object.keys(value as object).length === 2;
const options = maybe('options', objectOf('code', 'tier', 'cause', 'problems'), members);
const fieldOptions = { ...options, members: [...members, maybe('problems', listOf(isProblem))] };

const isErrorClass = (value: unknown) => isFunction(value) && (value as () => void).prototype instanceof Error;
const throwOptions = maybe('options', objectOf('error', 'tier'), [maybe('error', isErrorClass), maybe('tier', isText)]);

export const errors = groupOf(
  'errors of cache-models',
  ...[CacheError, CacheCorruptionError, CacheStorageError].map((target) =>
    constructs(target, [message, options], () => ['message', {}]),
  ),
  ...[CacheValidationError, CacheConfigError].map((target) =>
    constructs(target, [message, fieldOptions], () => ['message', {}]),
  ),
  constructs(
    CredentialUnreadableError,
    [must('reason', oneOf('unknown', 'elsewhere', 'refused')), maybe('detail', isText)],
    () => ['unknown', 'detail'],
  ),
  calls('errorCode', [must('error', isAnything)], () => [new Error('x')], errorCode),
  calls('ignoreRejection', [must('result', isAnything)], () => [Promise.resolve()], ignoreRejection),
  constructs(Problems, [maybe('found', listOf(isProblem))], () => [[{ path: 'path', message: 'message' }]]),
  calls(
    'Problems#check',
    [must('isRight', isBoolean), must('path', isText), must('message', isText)],
    () => [true, 'path', 'message'],
    (isRight: boolean, path: string, message: string) => new Problems().check(isRight, path, message),
  ),
  calls(
    'Problems#add',
    [must('found', listOf(isProblem))],
    () => [[]],
    (found: never) => new Problems().add(found),
  ),
  calls(
    'Problems#throwIfAny',
    [must('what', isText), throwOptions],
    () => ['what', {}],
    (what: string, given: never) => new Problems().throwIfAny(what, given),
  ),
  calls(
    'Problems#toError',
    [must('what', isText), throwOptions],
    () => ['what', {}],
    (what: string, given: never) => new Problems().toError(what, given),
  ),
);
