/** A member of a row that tells a label. */
export interface LabelMember {
  readonly label: string;
  /** Of several that tell the same label, the one with the lowest rank counts. */
  readonly rank: number;
}

/** The words of the members that tell a label, those that count most first. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  // A code before a name: all lists have the same codes.
  country: ['country code', 'country iso', 'cc', 'code', 'country', 'country name'],
  region: ['region', 'region name'],
  city: ['city', 'city name'],
  anonymity: ['anonymity', 'anonymity level', 'level'],
  provider: ['provider', 'isp', 'org', 'organization'],
  asn: ['asn'],
  kind: ['kind', 'proxy type', 'type'],
  cost: ['cost', 'price'],
};

/** By the name of the member, in the spellings that lists have: `country_code`, `countryCode`, `Country Code` … */
export const LABEL_MEMBERS: ReadonlyMap<string, LabelMember> = new Map(
  Object.entries(WORDS).flatMap(([label, members]) =>
    members.flatMap((words, rank) => spellingsOf(words).map((name) => [name, { label, rank }] as const)),
  ),
);

/** Members that hold an object with members that tell of the place, or of the network there. */
export const PLACE_MEMBERS: ReadonlySet<string> = new Set(
  ['geo', 'geolocation', 'geo location', 'location', 'ip data'].flatMap(spellingsOf),
);

/** Labels that such an object may tell. */
export const PLACE_LABELS: ReadonlySet<string> = new Set(['country', 'region', 'city', 'provider', 'asn']);

/** A country that is an object tells its code, or else its name. */
export const COUNTRY_MEMBERS: readonly string[] = ['code', 'iso_code', 'isoCode', 'iso', 'name'];

function spellingsOf(words: string): string[] {
  const parts = words.split(' ');
  const capitals = parts.map((part) => part[0]!.toUpperCase() + part.slice(1));
  const separators = ['_', '-', ' ', ''];
  return [
    ...separators.flatMap((by) => [parts.join(by), capitals.join(by), words.toUpperCase().replaceAll(' ', by)]),
    parts[0]! + capitals.slice(1).join(''),
  ];
}
