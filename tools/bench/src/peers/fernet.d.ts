// The npm package has no types; these are the ones that the comparison needs.
declare module 'fernet' {
  class Secret {
    constructor(key: string);
  }
  interface TokenOptions {
    readonly secret: Secret;
    /** In seconds; 0 disables the default of 60. */
    readonly ttl: 0;
    readonly token?: string;
  }
  class Token {
    constructor(options: TokenOptions);
    encode(message: string): string;
    decode(): string;
  }
  const fernet: { readonly Secret: typeof Secret; readonly Token: typeof Token };
  export = fernet;
}
