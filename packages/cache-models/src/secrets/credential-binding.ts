import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';

/** Which of an entry's credentials a token holds. */
export type CredentialRole = 'username' | 'password';
/** What a token holds: a credential, or the identity key of a cache (see `docs/decisions/key-identity.md`). */
export type SealedRole = CredentialRole | 'identity-key';

const ROLES: ReadonlySet<unknown> = new Set<SealedRole>(['username', 'password', 'identity-key']);

/**
 * What a sealed credential belongs to. A cipher that binds makes it part of the token: moved to another role or another
 * proxy, the token does not open.
 */
export interface CredentialBinding {
  readonly role: SealedRole;
  /** `scheme://host:port` in canonical form; for a URL that does not parse, its exact text. */
  readonly origin: string;
}

const BINDING: ArgumentKind = Object.freeze({
  wanted: 'must be { role: "username", "password" or "identity-key", origin: a string }',
  isRight: (value: unknown) => Kinds.object.isRight(value) && isBinding(value as CredentialBinding),
});

/** Throws a CacheValidationError for a place that is none: in plain JavaScript a wrong role would bind to nothing in particular. */
export function checkBinding(binding: CredentialBinding): void {
  if (typeof binding !== 'object' || binding === null || !isBinding(binding))
    checkArgument('binding', binding, BINDING);
}

function isBinding({ role, origin }: CredentialBinding): boolean {
  return ROLES.has(role) && typeof origin === 'string';
}
