import { CacheValidationError, checkArgument, Kinds } from '@pw/cache-models';
import { FernetKey } from '../fernet/fernet-key.ts';
import { MultiFernet } from '../fernet/multi-fernet.ts';
import type { FernetKeyInput, KeySource } from './fernet-key-input.ts';

/** Environment variables, by name. */
export type Environment = Record<string, string | undefined>;

/** Names the key that seals. */
export const CURRENT_KEY_VARIABLE = 'PROXYWHIRL_CACHE_ENCRYPTION_KEY';
/** Names the key that sealed before the last rotation. */
export const PREVIOUS_KEY_VARIABLE = 'PROXYWHIRL_CACHE_KEY_PREVIOUS';

const FROM_ENVIRONMENT: Partial<KeySource> = Object.freeze({ name: 'env', error: CacheValidationError });

/**
 * The key in a variable; `undefined` if it is not set. An empty value is an invalid key: taking it for "none" would
 * seal with a key that nobody has. Throws a CacheError with code `CACHE_KEY_INVALID` that names the variable.
 */
export function readKeyVariable(env: Environment, variable: string): FernetKey | undefined {
  const value = env[variable];
  return value === undefined
    ? undefined
    : FernetKey.parse(value, `Invalid Fernet key in ${variable}`, FROM_ENVIRONMENT);
}

/**
 * The keys of the environment, the one that seals first: `PROXYWHIRL_CACHE_ENCRYPTION_KEY`, then `PROXYWHIRL_CACHE_KEY_PREVIOUS` unless
 * it is the same. With neither, one new random key: keep it, or what it seals is lost with it.
 * Throws a CacheError with code `CACHE_KEY_INVALID` that names the variable.
 */
export function getEncryptionKeys(env: Environment = process.env): string[] {
  checkArgument('env', env, Kinds.object);
  const current = readKeyVariable(env, CURRENT_KEY_VARIABLE);
  const previous = readKeyVariable(env, PREVIOUS_KEY_VARIABLE);
  const keys = [current, previous].filter((key) => key !== undefined);
  if (keys.length === 0) return [FernetKey.generate().text];
  return [...new Set(keys.map((key) => key.text))];
}

/** A MultiFernet with the keys of {@link getEncryptionKeys}. */
export function createMultiFernet(env: Environment = process.env): MultiFernet {
  return new MultiFernet(getEncryptionKeys(env));
}

/**
 * Makes `newKey` the current key of the environment and the current one the previous. Encryptors made afterwards seal with
 * `newKey` and open what either made; those that exist keep their keys. The key that was previous until now is dropped:
 * seal again what is stored before you rotate a second time. Rotating to the key that is current already changes nothing.
 *
 * Throws a CacheError with code `CACHE_KEY_INVALID`, and changes nothing, if `newKey` or the current key has a wrong format.
 */
export function rotateKey(newKey: FernetKeyInput, env: Environment = process.env): void {
  checkArgument('env', env, Kinds.object);
  const next = FernetKey.parse(newKey, 'Invalid new key format', { name: 'newKey', error: CacheValidationError });
  const current = readKeyVariable(env, CURRENT_KEY_VARIABLE);
  if (current?.equals(next) === true) return;
  if (current !== undefined) env[PREVIOUS_KEY_VARIABLE] = current.text;
  env[CURRENT_KEY_VARIABLE] = next.text;
}
