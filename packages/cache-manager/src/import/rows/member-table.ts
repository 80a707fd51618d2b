/** What a member of a row, or a column, can be read for besides labels. */
export type RowField =
  | 'url'
  | 'host'
  | 'port'
  | 'link'
  | 'scheme'
  | 'flag'
  | 'username'
  | 'password'
  | 'credentials'
  | 'key'
  | 'source'
  | 'labels'
  | 'status'
  | 'last_checked'
  | 'total_checks';

/** A line of the table of names. */
export interface MemberMeaning {
  /** What it is read for; none for a label. */
  readonly field?: RowField;
  /** The label that it tells. */
  readonly label?: string;
  /** In words, for the documentation. */
  readonly says: string;
  /** Those that count most first. Case, blanks, hyphens and underscores do not matter: `ip address` is `IP_Address` and `ipAddress` too. */
  readonly names: readonly string[];
}

/**
 * The one table of names: of the members of JSON rows, and of the columns of CSV. A name may have a field and a label, as `type` has, which
 * says the protocol in most lists.
 */
export const MEMBER_TABLE: readonly MemberMeaning[] = [
  {
    field: 'url',
    says: 'the proxy in one text, in any form of a list',
    names: ['proxy url', 'proxy', 'proxy uri', 'proxy string', 'ip:port', 'host:port', 'ip port', 'endpoint'],
  },
  {
    field: 'host',
    says: 'its host; without a port beside it, also `host:port` or a URL',
    names: [
      ...['ip', 'host', 'hostname', 'host name', 'server', 'ip address', 'ip addr', 'address', 'addr'],
      ...[
        'proxy ip',
        'proxy host',
        'proxy hostname',
        'proxy address',
        'proxy server',
        'server address',
        'gateway',
        'entry point',
      ],
    ],
  },
  {
    field: 'port',
    says: 'its port; one of SOCKS says that the scheme is socks5, where nothing else says one',
    names: [
      'port',
      'proxy port',
      'port number',
      'server port',
      'port http',
      'http port',
      'port socks5',
      'socks5 port',
      'port socks',
      'socks port',
    ],
  },
  { field: 'link', says: 'the proxy in one text, where no other member names it', names: ['url', 'uri'] },
  {
    field: 'scheme',
    says: 'its scheme, or several',
    names: [
      ...['protocol', 'protocols', 'scheme', 'schemes', 'proxy protocol', 'proxy protocols', 'proxy scheme'],
      ...['type', 'types', 'proxy type', 'proxy types'],
    ],
  },
  {
    field: 'flag',
    says: 'that the scheme is one of its own, by `yes`, `true` or `1`, where no other member names one (`https` says that HTTPS goes through an HTTP proxy); or the proxy in one text',
    names: ['http', 'https', 'ssl', 'socks4', 'socks5'],
  },
  {
    field: 'username',
    says: 'the username',
    names: [
      ...['username', 'user', 'login', 'user name', 'usr', 'uname', 'proxy username', 'proxy user', 'proxy login'],
      ...['auth username', 'auth user', 'auth login'],
    ],
  },
  {
    field: 'password',
    says: 'the password',
    names: ['password', 'pass', 'pwd', 'passwd', 'pw', 'proxy password', 'proxy pass', 'auth password', 'auth pass'],
  },
  {
    field: 'credentials',
    says: '`user:password`, or an object with both',
    names: [
      ...['credentials', 'auth', 'proxy auth', 'authentication', 'user:pass', 'user:password', 'login:password'],
      ...['username:password', 'credential'],
    ],
  },
  { field: 'key', says: 'the cache key', names: ['key'] },
  { field: 'source', says: 'the source', names: ['source'] },
  { field: 'labels', says: 'labels', names: ['labels'] },
  { field: 'status', says: 'the health, in the words of an inventory', names: ['status'] },
  { field: 'last_checked', says: 'when the health was checked last', names: ['last checked'] },
  { field: 'total_checks', says: 'how often the health was checked', names: ['total checks'] },
  {
    label: 'country',
    says: 'the country; a code counts more than a name, since all lists have the same codes',
    names: ['country code', 'country iso', 'cc', 'code', 'country', 'country name'],
  },
  { label: 'region', says: 'the region', names: ['region', 'region name'] },
  { label: 'city', says: 'the city', names: ['city', 'city name'] },
  { label: 'anonymity', says: 'how anonymous it is', names: ['anonymity', 'anonymity level', 'level'] },
  { label: 'provider', says: 'who provides it', names: ['provider', 'isp', 'org', 'organization'] },
  { label: 'asn', says: 'its network', names: ['asn'] },
  { label: 'kind', says: 'its kind, unless it is a scheme', names: ['kind', 'proxy type', 'type'] },
  { label: 'cost', says: 'what it costs', names: ['cost', 'price'] },
];

/** Members that hold an object with members that tell of the place, or of the network there. */
export const PLACE_MEMBERS: readonly string[] = ['geo', 'geolocation', 'geo location', 'location', 'ip data'];

/** Labels that such an object may tell. */
export const PLACE_LABELS: ReadonlySet<string> = new Set(['country', 'region', 'city', 'provider', 'asn']);

/** A country that is an object tells its code, or else its name. */
export const COUNTRY_MEMBERS: readonly string[] = ['code', 'iso_code', 'isoCode', 'iso', 'name'];
