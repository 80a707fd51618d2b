/** The fields that a member or column can be read as, besides labels. */
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

/** A row of the table of names. */
export interface MemberMeaning {
  /** The field that the member is read as; absent for a label. */
  readonly field?: RowField;
  /** The label that the member is read as. */
  readonly label?: string;
  /** Description for the documentation. */
  readonly says: string;
  /**
   * In order of precedence. Case, spaces, hyphens and underscores do not matter: `ip address` is also `IP_Address` and
   * `ipAddress`.
   */
  readonly names: readonly string[];
}

/**
 * The only table of names, for members of JSON rows and columns of CSV. A name may be both a field and a label, such as
 * `type`, which is the protocol in most lists.
 */
export const MEMBER_TABLE: readonly MemberMeaning[] = [
  {
    field: 'url',
    says: 'the whole proxy, in any form that a line of a list may have',
    names: ['proxy url', 'proxy', 'proxy uri', 'proxy string', 'ip:port', 'host:port', 'ip port', 'endpoint'],
  },
  {
    field: 'host',
    says: 'the host; without a port in the row, also `host:port` or a URL',
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
    says: 'the port; a SOCKS port means socks5, unless the row names a scheme',
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
  { field: 'link', says: 'the whole proxy, if no other member names one', names: ['url', 'uri'] },
  {
    field: 'scheme',
    says: 'the scheme, or several',
    names: [
      ...['protocol', 'protocols', 'scheme', 'schemes', 'proxy protocol', 'proxy protocols', 'proxy scheme'],
      ...['type', 'types', 'proxy type', 'proxy types'],
    ],
  },
  {
    field: 'flag',
    says: 'with `yes`, `true` or `1`: the proxy has this scheme, if no other member names one (`https` and `ssl` mean an HTTP proxy that also carries HTTPS); with an address or a URL: the whole proxy',
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
  {
    field: 'status',
    says: 'the health: `unknown`, `healthy`, `degraded`, `unhealthy` or `dead`; any other word is ignored',
    names: ['status'],
  },
  { field: 'last_checked', says: 'when the proxy was last checked (ISO 8601)', names: ['last checked'] },
  { field: 'total_checks', says: 'how often the proxy was checked', names: ['total checks'] },
  {
    label: 'country',
    says: 'the country; a code is preferred to a name',
    names: ['country code', 'country iso', 'cc', 'code', 'country', 'country name'],
  },
  { label: 'region', says: 'the region', names: ['region', 'region name'] },
  { label: 'city', says: 'the city', names: ['city', 'city name'] },
  { label: 'anonymity', says: 'the level of anonymity', names: ['anonymity', 'anonymity level', 'level'] },
  { label: 'provider', says: 'the provider', names: ['provider', 'isp', 'org', 'organization'] },
  { label: 'asn', says: 'the autonomous system', names: ['asn'] },
  { label: 'kind', says: 'the kind of proxy, unless the value is a scheme', names: ['kind', 'proxy type', 'type'] },
  { label: 'cost', says: 'the price', names: ['cost', 'price'] },
];

/** Members with an object about the location or the network. */
export const PLACE_MEMBERS: readonly string[] = ['geo', 'geolocation', 'geo location', 'location', 'ip data'];

/** Labels that such an object may have. */
export const PLACE_LABELS: ReadonlySet<string> = new Set(['country', 'region', 'city', 'provider', 'asn']);

/** Members of a country object, in order of precedence. */
export const COUNTRY_MEMBERS: readonly string[] = ['code', 'iso_code', 'isoCode', 'iso', 'name'];
