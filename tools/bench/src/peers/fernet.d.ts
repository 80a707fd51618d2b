// The npm package brings no types; this is the part of it that the cross-check uses.
declare module 'fernet' {
  class Secret {
    constructor(key: string);
  }
  interface TokenOptions {
    readonly secret: Secret;
    /** Seconds; 0 switches its 60 s default off. */
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
