import {
  CacheConfigError,
  CacheCorruptionError,
  CacheError,
  CacheErrorCode,
  CacheStorageError,
  CacheValidationError,
  CredentialUnreadableError,
} from '@pw/cache-models';
import { isAnything, isText, listOf, maybe, must, objectOf, oneOf } from '../../accepts.ts';
import { constructs, groupOf } from '../../define-calls.ts';

const message = must('message', isText);
const members = [
  maybe('code', oneOf(...Object.values(CacheErrorCode))),
  maybe('tier', isText),
  maybe('cause', isAnything),
];
const isProblem = (value: unknown) => objectOf('path', 'message')(value) && Object.keys(value as object).length === 2;
const options = maybe('options', objectOf('code', 'tier', 'cause', 'problems'), members);
const fieldOptions = { ...options, members: [...members, maybe('problems', listOf(isProblem))] };

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
);
