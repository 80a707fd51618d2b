/** Which of an entry's credentials a token holds. */
export type CredentialRole = 'username' | 'password';

/**
 * What a sealed credential belongs to. A cipher that binds makes it part of the token: moved to another role or another
 * proxy, the token does not open.
 */
export interface CredentialBinding {
  readonly role: CredentialRole;
  /** `scheme://host:port` in canonical form; for a URL that does not parse, its exact text. */
  readonly origin: string;
}
