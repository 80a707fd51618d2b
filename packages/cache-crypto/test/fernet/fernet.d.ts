// The npm package has no types; this declares the part of it that the cross-check uses.
declare module 'fernet' {
  class Secret {
    constructor(key: string);
  }
  interface TokenOptions {
    readonly secret: Secret;
    /** Seconds; 0 disables the default of 60 s. */
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
