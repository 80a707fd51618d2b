import {
  CacheEntry,
  type CacheEntryInput,
  CacheError,
  CacheErrorCode,
  type Clock,
  type CredentialCipher,
  type EntryLabels,
  isHealthStatus,
  type ProxyScheme,
} from '@pw/cache-models';
import { MAX_INSTANT, parseInstant, toStorable } from '@pw/cache-models/tier';
import { MAX_FIELD_CHARACTERS } from '../import-limits.ts';
import type { RowFate } from '../import-tally.ts';
import type { KeyParts, RowKeys } from '../keys/row-key.ts';
import { parsePlainLine } from '../list/plain-line.ts';
import { fullRecordToEntry, isFullRecord } from './full-record.ts';
import type { MemberNames } from './members/member-names.ts';
import { membersOf, type Row, type RowMembers } from './members/row-members.ts';
import { unreadNotes } from './members/unread-notes.ts';
import { otherProxyOf, type RowAddress, readAddress } from './row-address.ts';
import { type RowCredentials, readCredentials } from './row-credentials.ts';
import type { RowHint } from './row-hint.ts';
import { readLabels } from './row-labels.ts';
import { schemeOf } from './row-scheme.ts';
import type { UnnamedCells } from './unnamed/unnamed-cells.ts';
import { containsUnrecognizedProxy } from './unrecognized-proxy.ts';

/** Everything besides the row that determines its entry. One per import. */
export interface RowContext {
  readonly clock: Clock;
  readonly cipher: CredentialCipher | undefined;
  readonly ttlOverride?: number | undefined;
  readonly defaultScheme: ProxyScheme;
  /** Accepts hosts without a dot in rows that are just a string. */
  readonly bareNames: boolean;
  readonly defaultSource: string;
  readonly keys: RowKeys;
  /** Labels of every row, which override its own. */
  readonly labels: EntryLabels;
  readonly names: MemberNames;
  readonly unnamedCells: UnnamedCells;
  ttlFor(source: string): number;
}

/**
 * Whether the key was derived from the entry's own URL, or comes from a full record. A key from a record may belong to
 * another proxy, which only the cache can tell.
 */
export type KeySource = 'own' | 'record';

export type RowResult =
  | { readonly entry: CacheEntry; readonly keySource: KeySource; readonly notes: readonly string[] }
  | { readonly fate: RowFate; readonly reason: string };

// A valid URL, so that the other fields of an entry with an invalid URL can be validated.
const STAND_IN = 'http://host.invalid:1';
const FOREIGN_KEY = 'key does not match the URL and username; the proxy was stored under the key that does';
const OTHER_SCHEME = 'names a different scheme than the URL; the scheme of the URL was used';

const LIMITED = ['url', 'host', 'link', 'username', 'password', 'credentials', 'key'] as const;
const TOO_LONG = `is longer than ${MAX_FIELD_CHARACTERS.toLocaleString('en')} characters, the limit`;

function isTooLong(value: unknown): boolean {
  return typeof value === 'string' && value.length > MAX_FIELD_CHARACTERS;
}

/** Makes an entry from a row. Never throws because of the row's content, and no reason quotes it. */
export function rowToEntry(value: unknown, context: RowContext, hint?: RowHint): RowResult {
  try {
    if (typeof value === 'string') return readTextRow(value, context, hint);
    if (Array.isArray(value)) return readArrayRow(value, context, hint);
    if (typeof value !== 'object' || value === null)
      return { fate: 'failed', reason: 'is neither an object nor a string' };
    const row = value as Row;
    return isFullRecord(row) ? readFullRecord(row, context) : readRow(row, context, hint);
  } catch (error) {
    return refusal(error);
  }
}

function readFullRecord(row: Row, context: RowContext): RowResult {
  const excess = ['proxy_url', 'username', 'password', 'key'].find((name) => isTooLong(row[name]));
  if (excess !== undefined) return { fate: 'failed', reason: `${excess} ${TOO_LONG}` };
  const { entry, notes } = fullRecordToEntry(row, context.cipher, context.labels);
  const now = context.clock.now();
  if (context.ttlOverride !== undefined) {
    const ttlSeconds = context.ttlOverride;
    const renewed = CacheEntry.restore({ ...entry.toFields(), ttlSeconds, expiresAt: expiryOf(now, ttlSeconds) });
    return { entry: renewed, keySource: 'record', notes };
  }
  if (!entry.isExpiredAt(now)) return { entry, keySource: 'record', notes };
  return { fate: 'skipped', reason: 'expired before the import: give the import a TTL to renew it' };
}

/** A row that is just a string is read like a line of a list. */
function readTextRow(value: string, context: RowContext, hint: RowHint | undefined): RowResult {
  const text = value.trim();
  if (text === '') return { fate: 'skipped', reason: 'is empty' };
  if (isTooLong(text)) return { fate: 'failed', reason: TOO_LONG };
  const { bareNames } = context;
  const plain = parsePlainLine(text, { defaultScheme: hint?.scheme ?? context.defaultScheme, bareNames });
  if (!plain.ok) return plain;
  const { url, username, password } = plain.value;
  return makeEntry({}, { kind: 'url', url, username, password }, { username, password, notes: [] }, context);
}

/** The most cells of a row without a header. */
const MAX_CELLS = 64;

/** An array of arrays is a table without a header. */
function readArrayRow(values: readonly unknown[], context: RowContext, hint: RowHint | undefined): RowResult {
  const isTable = values.length > 1 && values.length <= MAX_CELLS && values.every(isCell);
  if (!isTable) return { fate: 'skipped', reason: 'is neither an object, nor a string, nor a list of cells' };
  const read = context.unnamedCells.read(values.map((value) => String(value ?? '').trim()));
  return 'row' in read ? readRow(read.row, context, hint) : read;
}

function isCell(value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || Number.isSafeInteger(value)) return true;
  return typeof value === 'string' && !isTooLong(value);
}

function readRow(row: Row, context: RowContext, hint: RowHint | undefined): RowResult {
  const members = membersOf(row, context.names);
  const excess = LIMITED.find((field) => isTooLong(members[field]?.value));
  if (excess !== undefined) return { fate: 'failed', reason: `${members[excess]!.role.name} ${TOO_LONG}` };
  const scheme = schemeOf(members, row, context.names);
  if ('problem' in scheme) return { fate: scheme.isDirect ? 'skipped' : 'failed', reason: scheme.problem };
  const addressed = scheme.port === undefined ? members : { ...members, port: scheme.port };
  const isSocksPort = addressed.port?.role.name.includes('socks') === true;
  const named = scheme.scheme ?? hint?.scheme ?? (isSocksPort ? 'socks5' : undefined);
  const addressContext = { scheme: named ?? context.defaultScheme, address: hint?.address };
  const address = readAddress(addressed, addressContext);
  if (address.kind === 'none') {
    const { fate, reason } = address;
    return { fate: fate === 'skipped' && containsUnrecognizedProxy(row) ? 'failed' : fate, reason };
  }
  const credentials = readCredentials(members, context.names);
  if ('problem' in credentials) return { fate: 'failed', reason: credentials.problem };
  const notes = [...credentials.notes];
  if (hint?.note !== undefined) notes.push(hint.note);
  const other = otherProxyOf(members, address, addressContext);
  if (other !== undefined) notes.push(other);
  if (scheme.note !== undefined && (address.kind === 'odd' || address.ownScheme === undefined)) notes.push(scheme.note);
  if (address.kind === 'url' && address.ownScheme !== undefined && isOtherFamily(scheme.scheme, address.ownScheme))
    notes.push(`${(members.schemes ?? members.flags)?.[0]?.role.name ?? 'the row'} ${OTHER_SCHEME}`);
  if (members.unread !== undefined) notes.push(...unreadNotes(members.unread, context.names));
  return makeEntry(members, address, { ...credentials, notes }, context);
}

function makeEntry(
  members: RowMembers,
  address: Exclude<RowAddress, { kind: 'none' }>,
  credentials: RowCredentials,
  context: RowContext,
): RowResult {
  const { labels, notes: labelNotes } = readLabels(members, context.labels, context.names);
  const username = credentials.username ?? (address.kind === 'url' ? address.username : null);
  const password = credentials.password ?? (address.kind === 'url' ? address.password : null);
  const source = asText(members.source?.value) ?? context.defaultSource;
  const given = givenUrl(members, address);
  const parts: KeyParts = { url: address.kind === 'url' ? address.url : address.text, given, username, password };
  const rowKey = asText(members.key?.value) || undefined;
  const isOwnKey = rowKey !== undefined && context.keys.isOwnKey(rowKey, parts);
  const input: CacheEntryInput = {
    proxyUrl: STAND_IN,
    key: isOwnKey ? rowKey : context.keys.ownKey(parts),
    username,
    password,
    source,
    labels,
    ttlSeconds: context.ttlOverride ?? context.ttlFor(source),
    ...(given === undefined ? readHealth(members) : {}),
  };
  const notes = [...credentials.notes, ...labelNotes];
  if (rowKey !== undefined && !isOwnKey) notes.push(FOREIGN_KEY);
  if (address.kind === 'odd') {
    const entry = oddEntry(address, input, context.clock);
    return { entry, keySource: 'own', notes: [...notes, address.reason] };
  }
  const entry = CacheEntry.create({ ...input, proxyUrl: address.url }, context.clock);
  return { entry, keySource: 'own', notes };
}

/** The value of `proxy_url`, if the address came from it; only then may the key of the row be its hash. */
function givenUrl({ url }: RowMembers, address: RowAddress): string | undefined {
  if (url?.role.rank !== 0 || typeof url.value !== 'string') return undefined;
  return address.kind === 'odd' || (address.kind === 'url' && address.member === url) ? url.value : undefined;
}

/** True if one scheme is SOCKS and the other is HTTP or HTTPS. Lists do not reliably distinguish HTTP from HTTPS. */
function isOtherFamily(named: ProxyScheme | undefined, own: ProxyScheme): boolean {
  return named !== undefined && named.startsWith('socks') !== own.startsWith('socks');
}

/** An entry whose invalid URL is stored unchanged; its other fields are validated as usual. */
function oddEntry({ text }: RowAddress & { kind: 'odd' }, input: CacheEntryInput, clock: Clock): CacheEntry {
  // The input does not contain this URL. Passing the URL as a source makes `create` refuse its lone surrogates.
  if (!text.isWellFormed()) CacheEntry.create({ proxyUrl: STAND_IN, source: text }, clock);
  return CacheEntry.restore({ ...CacheEntry.create(input, clock).toFields(), proxyUrl: text });
}

/** The health members of a proxy inventory; invalid values are ignored. */
function readHealth(members: RowMembers): Partial<CacheEntryInput> {
  const status = members.status?.value;
  const checked = members.last_checked?.value;
  const checks = members.total_checks?.value;
  const lastHealthCheck = typeof checked === 'string' ? parseInstant(checked) : undefined;
  return {
    ...(isHealthStatus(status) ? { healthStatus: status } : {}),
    ...(lastHealthCheck === undefined ? {} : { lastHealthCheck }),
    ...(Number.isSafeInteger(checks) && (checks as number) >= 0 ? { totalHealthChecks: checks as number } : {}),
  };
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

function expiryOf(now: number, ttlSeconds: number): number {
  return toStorable(Math.min(now + ttlSeconds * 1e3, MAX_INSTANT));
}

function refusal(error: unknown): RowResult {
  if (!(error instanceof CacheError)) return { fate: 'skipped', reason: 'cannot be read' };
  const fate = error.code === CacheErrorCode.CREDENTIAL_UNREADABLE ? 'failed' : 'skipped';
  return { fate, reason: error.message };
}
