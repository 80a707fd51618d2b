import fc from 'fast-check';

/**
 * An endpoint with distinguishable parts: hosts have no q, x or z; users and passwords consist of these letters and
 * signs.
 */
export interface Endpoint {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly user?: { readonly name: string; readonly password: string } | undefined;
}

const hosts = fc.oneof(
  fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `198.18.${a}.${b}`),
  fc.stringMatching(/^gate[a-h]{0,6}\.(?:bad|[a-h]{2,5}\.de)$/),
  fc.constantFrom('[2001:db8::1]', '[2001:db8::b]', '[2001:db8:1:2:3:4:5:6]', 'localhost'),
);
const schemes = fc.constantFrom('http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h');
const SIGNS = '~!$^*_+=%-/?&()<>{}';

const lettersAnd = (signs: string, maxLength: number) =>
  fc
    .tuple(
      fc.string({ unit: fc.constantFrom('Q', 'X', 'Z'), minLength: 3, maxLength: 5 }),
      fc.string({ unit: fc.constantFrom('Q', 'X', 'Z', ...signs), maxLength }),
    )
    .map(([start, rest]) => start + rest);

/** Text with `://` would look like another line that follows without a line break. */
const withoutUrl = lettersAnd(`${SIGNS}:@#'"[]é`, 8).filter((text) => !text.includes('://'));

/** `awkward`: with signs that also have a meaning in a list. */
export const endpoints = ({ awkward }: { readonly awkward: boolean }): fc.Arbitrary<Endpoint> =>
  fc.record({
    scheme: schemes,
    host: hosts,
    port: fc.integer({ min: 1, max: 65535 }),
    user: fc.option(
      fc.record({
        name: lettersAnd(SIGNS, 6),
        password: awkward ? fc.oneof(withoutUrl, fc.constant('12345')) : lettersAnd('!$_-', 6),
      }),
      { nil: undefined },
    ),
  });

export interface Shape {
  readonly title: string;
  /** The line, or `undefined` if the form cannot express the endpoint. */
  readonly write: (endpoint: Endpoint) => string | undefined;
  /** True if a line can have several endpoints in this form. */
  readonly isCombinable: boolean;
}

const place = ({ host, port }: Endpoint): string => `${host}:${port}`;
const isPlain = ({ scheme, user }: Endpoint): boolean => scheme === 'http' && user === undefined;

const withUser = (
  title: string,
  write: (at: string, name: string, password: string) => string | undefined,
  isUrl = false,
): Shape => ({
  title,
  isCombinable: true,
  write: (endpoint) => {
    const { scheme, user } = endpoint;
    if (user === undefined || (!isUrl && scheme !== 'http')) return undefined;
    const line = write(place(endpoint), user.name, user.password);
    return line === undefined ? undefined : (isUrl ? `${scheme}://` : '') + line;
  },
});

/** `undefined` if the password has a colon or an `@`, because what follows it could be the host. */
const beforeHost = (name: string, password: string, at: string) =>
  /[:@]/.test(password) ? undefined : `${name}:${password}:${at}`;

const encode = (text: string): string => encodeURIComponent(text);

const pair = (separator: string): Shape => ({
  title: `host${separator}port`,
  isCombinable: false,
  write: (endpoint) => (isPlain(endpoint) ? `${endpoint.host}${separator}${endpoint.port}` : undefined),
});

export const SHAPES: readonly Shape[] = [
  { title: 'host:port', isCombinable: true, write: (endpoint) => (isPlain(endpoint) ? place(endpoint) : undefined) },
  {
    title: 'scheme://host:port',
    isCombinable: true,
    write: (endpoint) => (endpoint.user === undefined ? `${endpoint.scheme}://${place(endpoint)}` : undefined),
  },
  {
    title: 'scheme host port user password',
    isCombinable: false,
    write: ({ scheme, host, port, user }) =>
      [scheme, host, port, ...(user === undefined ? [] : [user.name, user.password])].join(' '),
  },
  {
    title: 'host:port scheme',
    isCombinable: false,
    write: (endpoint) => (endpoint.user === undefined ? `${place(endpoint)} ${endpoint.scheme} US 12ms` : undefined),
  },
  ...[' ', '\t', ',', ';', '|', ' , '].map(pair),
  withUser('host:port:user:password', (at, name, password) => `${at}:${name}:${password}`),
  withUser('user:password:host:port', (at, name, password) => beforeHost(name, password, at)),
  withUser('host:port@user:password', (at, name, password) => `${at}@${name}:${password}`),
  withUser('user:password@host:port', (at, name, password) => `${encode(name)}:${encode(password)}@${at}`),
  withUser('scheme://host:port:user:password', (at, name, password) => `${at}:${name}:${password}`, true),
  withUser('scheme://user:password:host:port', (at, name, password) => beforeHost(name, password, at), true),
  withUser(
    'scheme://user:password@host:port',
    (at, name, password) => `${encode(name)}:${encode(password)}@${at}`,
    true,
  ),
];
