import { isUtf8 } from 'node:buffer';
import {
  type ArgumentKind,
  CacheConfigError,
  type Clock,
  type CredentialBinding,
  type CredentialCipher,
  CredentialUnreadableError,
  calmLogger,
  checkArgument,
  checkBinding,
  checkOptionsObject,
  DIRECTORY_CHECKS,
  type DirectoryChecks,
  FileGuard,
  Kinds,
  type Logger,
  nullable,
  oneOf,
  optional,
  problemsOfOptions,
  Secret,
  type TokenState,
} from '@pw/cache-models';
import type { BindingState } from './binding/binding-key.ts';
import { FernetKey } from './fernet/fernet-key.ts';
import { KeyRing, type TokenInput, unreadableToken } from './fernet/key-ring.ts';
import {
  CURRENT_KEY_VARIABLE,
  type Environment,
  PREVIOUS_KEY_VARIABLE,
  readKeyVariable,
} from './keys/environment-keys.ts';
import type { FernetKeyInput } from './keys/fernet-key-input.ts';
import { makeKeyFile, readKeyFile } from './keys/key-file.ts';
import { type CachePlaces, checkKeyFilePlace } from './keys/key-file-place.ts';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Which key of an encryptor made a token: the one that seals, or an older one. */
export type TokenKey = 'current' | 'previous';

/** What to do with tokens that are bound to no proxy: open them, or not. */
export type ForeignTokens = 'accept' | 'refuse';

export interface CredentialEncryptorOptions {
  /** The key that seals. Default: the environment's current key. An empty text is an invalid key, not an absent one. */
  readonly key?: FernetKeyInput | null | undefined;
  /** Older keys that still open, any number. The environment's previous key is always one more. Default: none. */
  readonly previousKeys?: readonly FernetKeyInput[] | undefined;
  /**
   * File that holds the key when neither `key` nor the environment has one: made once, mode 0600, with a new key in it. If
   * there is a key elsewhere, the file's still opens, should the file be there. Default: none.
   */
  readonly keyFile?: string | undefined;
  /** Where the cache keeps its files, so that a `keyFile` among them is refused. Default: nowhere. */
  readonly cachePlaces?: CachePlaces | undefined;
  /** What is done where other users of the machine could change the key file. Default `"warn"`; see {@link DirectoryChecks}. */
  readonly directoryChecks?: DirectoryChecks | undefined;
  /**
   * Whether a token that is bound to no proxy opens at one: those of ProxyWhirl, of other programs, and of `encrypt` without a binding.
   * `"refuse"` once `reencrypt` has bound all that is stored, if nothing else writes the store. Default `"accept"`.
   */
  readonly foreignTokens?: ForeignTokens | undefined;
  /** Where keys are looked for. Default: `process.env`, read once, when the encryptor is made. */
  readonly env?: Environment | undefined;
  /** Hears that a secret was sealed with a random key. Default: a process warning, for this must not pass unseen. */
  readonly logger?: Logger | undefined;
  /** Gives tokens their creation time. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * Seals credentials with Fernet: the cipher of the cache. It seals with one key and opens what that key or an older one
 * made; tokens do not age. Shows no key in any rendering.
 */
export class CredentialEncryptor implements CredentialCipher {
  readonly #ring: KeyRing;
  readonly #refusesForeign: boolean;
  /** Set while a random key is in use and nobody has been told. */
  #warn: (() => void) | undefined;

  /**
   * Without any key and `keyFile` a random one is used; the first secret that it seals brings a warning that nothing sealed with it can be read after
   * the process. With an older key alone, that one seals, as in ProxyWhirl.
   * Throws a CacheError with code `CACHE_KEY_INVALID` that names the option or variable, never the key; a CacheConfigError for
   * a `keyFile` that is refused, a CacheStorageError for one that cannot be read or made.
   */
  constructor(options: CredentialEncryptorOptions = {}) {
    checkOptions(options);
    const keys = collectKeys(options, options.env ?? process.env);
    if (keys.length === 0) {
      this.#warn = () => warnOfRandomKey(options.logger);
      keys.push(FernetKey.generate());
    }
    this.#ring = new KeyRing(keys, options.clock);
    this.#refusesForeign = options.foreignTokens === 'refuse';
  }

  /** The key that this encryptor seals with: keep it, and another encryptor opens what this one sealed. */
  get key(): string {
    return this.#ring.keys[0]!.text;
  }

  /**
   * Seals a secret; the empty one becomes zero bytes, as in ProxyWhirl. With a binding the token opens at that place alone; to Python
   * and to Fernet itself it is a token like any other.
   * Throws a CacheValidationError for a text with a lone surrogate, a CacheError when the cipher fails, and whatever
   * `reveal` throws for a sealed secret that cannot be opened.
   */
  encrypt(secret: Secret, binding?: CredentialBinding): Uint8Array {
    if (!Secret.isSecret(secret)) checkArgument('secret', secret, Kinds.secret);
    if (binding !== undefined) checkBinding(binding);
    const text = secret.reveal();
    if (text === '') return new Uint8Array(0);
    this.#warn?.();
    this.#warn = undefined;
    return binding === undefined ? this.#ring.seal(text) : this.#ring.sealFor(text, binding);
  }

  /**
   * Opens a token; zero bytes give the empty secret. Without a binding a token opens wherever it belongs: it is for tools that look at
   * tokens, not for credentials that are then sent to a proxy.
   * Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE`.
   */
  decrypt(token: TokenInput, binding?: CredentialBinding): Secret {
    if (binding !== undefined) checkBinding(binding);
    if (token instanceof Uint8Array && token.byteLength === 0) return Secret.of('');
    const plaintext = binding === undefined ? this.#ring.open(token) : this.#ring.openAt(token, binding, this.#refuseUnlessHere);
    if (!isUtf8(plaintext)) throw unreadableToken('its content is not UTF-8');
    const secret = Secret.of(plaintext.toString('utf8'));
    plaintext.fill(0);
    return secret;
  }

  /** Which key made the token, by its MAC alone, wherever it belongs; `undefined` for none, and for zero bytes, which no key made. */
  keyOf(token: TokenInput): TokenKey | undefined {
    const index = this.#ring.indexOf(token);
    return index === -1 ? undefined : index === 0 ? 'current' : 'previous';
  }

  readonly #refuseUnlessHere = (state: BindingState): void => {
    if (state === 'elsewhere') throw new CredentialUnreadableError('elsewhere');
    if (state === 'none' && this.#refusesForeign) throw new CredentialUnreadableError('refused');
  };

  /** What a token is at a place: one MAC, and one PRF of the place if the token is bound at all. */
  stateOf(token: TokenInput, binding: CredentialBinding): TokenState {
    checkBinding(binding);
    const found = this.#ring.placeOf(token, binding);
    if (found === undefined) return 'unknown';
    if (found.state === 'elsewhere') return 'elsewhere';
    if (found.state === 'none') return this.#refusesForeign ? 'refused' : 'stale';
    return found.index === 0 ? 'current' : 'stale';
  }

  [INSPECT](): string {
    return `CredentialEncryptor(${this.#ring.keys.length} ${this.#ring.keys.length === 1 ? 'key' : 'keys'})`;
  }
}

/** All keys in the order of their use; none if none is given anywhere. */
function collectKeys(options: CredentialEncryptorOptions, env: Environment): FernetKey[] {
  const { key, previousKeys = [] } = options;
  const given = key == null ? readKeyVariable(env, CURRENT_KEY_VARIABLE) : parseOption(key, 'key');
  const filed = options.keyFile === undefined ? undefined : fileKey(options.keyFile, options, given === undefined);
  const older = previousKeys.map((previous, i) => parseOption(previous, `previousKeys[${i}]`));
  return [given, filed, ...older, readKeyVariable(env, PREVIOUS_KEY_VARIABLE)].filter((found) => found !== undefined);
}

function fileKey(path: string, options: CredentialEncryptorOptions, isNeeded: boolean): FernetKey | undefined {
  checkKeyFilePlace(path, options.cachePlaces ?? {});
  const guard = new FileGuard({ checks: options.directoryChecks, logger: options.logger });
  return isNeeded ? makeKeyFile(path, guard) : readKeyFile(path, guard);
}

function parseOption(key: FernetKeyInput, option: string): FernetKey {
  return FernetKey.parse(key, `Invalid Fernet key in option ${option}`);
}

const isKeyLike = (value: unknown): boolean =>
  typeof value === 'string' || value instanceof Uint8Array || Secret.isSecret(value);
const KEY: ArgumentKind = Object.freeze({ wanted: 'must be a key: a string, a Secret or bytes', isRight: isKeyLike });
const KEYS: ArgumentKind = Object.freeze({
  wanted: 'must be a list of keys: texts, Secrets or bytes',
  isRight: (value: unknown) => Array.isArray(value) && value.findIndex((key) => !isKeyLike(key)) === -1,
});
const PLACES: ArgumentKind = Object.freeze({
  wanted: 'must be { directories, files }, lists of paths',
  isRight: (value: unknown) => problemsOfOptions(value, PLACE_LISTS).length === 0,
});
const PATHS: ArgumentKind = Object.freeze({
  wanted: 'must be a list of paths',
  isRight: (value: unknown) => Array.isArray(value) && value.findIndex((path) => !Kinds.path.isRight(path)) === -1,
});
const PLACE_LISTS: Readonly<Record<keyof CachePlaces, ArgumentKind>> = Object.freeze({
  directories: optional(PATHS),
  files: optional(PATHS),
});
const OPTIONS: Readonly<Record<keyof CredentialEncryptorOptions, ArgumentKind>> = Object.freeze({
  key: nullable(KEY),
  previousKeys: optional(KEYS),
  keyFile: optional(Kinds.path),
  cachePlaces: optional(PLACES),
  directoryChecks: optional(oneOf(DIRECTORY_CHECKS)),
  foreignTokens: optional(oneOf(['accept', 'refuse'])),
  env: optional(Kinds.object),
  logger: optional(Kinds.logger),
  clock: optional(Kinds.clock),
});

/** A key handed over by itself has no member `key`: it would be passed over, and a random one used in its place. */
function checkOptions(options: unknown): void {
  const what = 'CredentialEncryptor';
  const wanted = 'must be an object, such as { key }';
  const isKey = Secret.isSecret(options);
  if (isKey || !Kinds.object.isRight(options))
    throw new CacheConfigError(`${what}: options: ${wanted}`, { problems: [{ path: 'options', message: wanted }] });
  checkOptionsObject(options, OPTIONS, { what, error: CacheConfigError });
}

function warnOfRandomKey(logger: Logger | undefined): void {
  const message =
    'no encryption key is set: credentials are sealed with a random key that ends with this process, and every username ' +
    `and password stored from now on will be unreadable after a restart; set ${CURRENT_KEY_VARIABLE} to what ` +
    '`npx @pw/cache-cli generate-key` prints, or configure a key file';
  if (logger === undefined) process.emitWarning(message, { code: 'PW_CACHE_RANDOM_KEY' });
  else calmLogger(logger).warn({ variable: CURRENT_KEY_VARIABLE }, message);
}
