import {
  CacheEntry,
  type CacheEntryInput,
  CacheError,
  CacheErrorCode,
  type Clock,
  type CredentialCipher,
  type EntryLabels,
  isHealthStatus,
  MAX_INSTANT,
  type ProxyScheme,
  parseInstant,
  toStorable,
} from '@pw/cache-models';
import { fullRecordToEntry, isFullRecord } from './full-record.ts';
import { MAX_FIELD_CHARACTERS } from './import-limits.ts';
import type { RowFate } from './import-tally.ts';
import { type RowAddress, readAddress } from './row-address.ts';
import { readCredentials } from './row-credentials.ts';
import type { KeyParts, RowKeys } from './row-key.ts';
import { readLabels } from './row-labels.ts';

/** What a row needs to become an entry. */
export interface RowContext {
  readonly clock: Clock;
  readonly cipher: CredentialCipher | undefined;
  readonly ttlOverride?: number | undefined;
  readonly defaultScheme: ProxyScheme;
  readonly defaultSource: string;
  readonly keys: RowKeys;
  /** Of every row, whatever it says. */
  readonly labels: EntryLabels;
  ttlFor(source: string): number;
}

/** Whether an entry's key is one of its own URL, or one that a full record brings: only the cache can tell whose that is. */
export type KeySource = 'own' | 'record';

export type RowResult =
  | { readonly entry: CacheEntry; readonly keySource: KeySource; readonly notes: readonly string[] }
  | { readonly fate: RowFate; readonly reason: string };

type Row = Readonly<Record<string, unknown>>;

// Stands in where a URL is checked that is known to be none.
const STAND_IN = 'http://host.invalid:1';
const FOREIGN_KEY = 'key is not one of its URL and username; the proxy was stored under the one that is';

const LIMITED = ['proxy_url', 'username', 'password', 'key', 'ip', 'host', 'protocol', 'scheme'] as const;
const TOO_LONG = `is longer than ${MAX_FIELD_CHARACTERS.toLocaleString('en')} characters, the most that is read`;

function isTooLong(value: unknown): boolean {
  return typeof value === 'string' && value.length > MAX_FIELD_CHARACTERS;
}

/** Makes an entry of one row. Never throws for what a row holds, and no reason quotes it. */
export function rowToEntry(value: unknown, context: RowContext): RowResult {
  if (typeof value === 'string' || Array.isArray(value)) return { fate: 'skipped', reason: 'is not an object' };
  if (typeof value !== 'object' || value === null) return { fate: 'failed', reason: 'is not an object' };
  const row = value as Row;
  const excess = LIMITED.find((name) => isTooLong(row[name]));
  if (excess !== undefined) return { fate: 'failed', reason: `${excess} ${TOO_LONG}` };
  try {
    return isFullRecord(row) ? readFullRecord(row, context) : readRow(row, context);
  } catch (error) {
    return refusal(error);
  }
}

function readFullRecord(row: Row, context: RowContext): RowResult {
  const { entry, notes } = fullRecordToEntry(row, context.cipher, context.labels);
  const now = context.clock.now();
  if (context.ttlOverride !== undefined) {
    const ttlSeconds = context.ttlOverride;
    const renewed = CacheEntry.restore({ ...entry, ttlSeconds, expiresAt: endOf(now, ttlSeconds) });
    return { entry: renewed, keySource: 'record', notes };
  }
  if (!entry.isExpiredAt(now)) return { entry, keySource: 'record', notes };
  return { fate: 'skipped', reason: 'expired before it was imported; a TTL given with the import renews it' };
}

function readRow(row: Row, context: RowContext): RowResult {
  const address = readAddress(row, context.defaultScheme);
  if (address.kind === 'none') return { fate: address.fate, reason: address.reason };
  const credentials = readCredentials(row);
  const { labels, notes: labelNotes } = readLabels(row, context.labels);
  const username = credentials.username ?? (address.kind === 'url' ? address.username : null);
  const password = credentials.password ?? (address.kind === 'url' ? address.password : null);
  const source = readText(row['source']) ?? context.defaultSource;
  const given = row['proxy_url'];
  const parts: KeyParts = {
    url: address.kind === 'url' ? address.url : address.text,
    given: typeof given === 'string' ? given : undefined,
    username,
    password,
  };
  const rowKey = readText(row['key']) || undefined;
  const isBelieved = rowKey !== undefined && context.keys.isOwnKey(rowKey, parts);
  const input: CacheEntryInput = {
    proxyUrl: STAND_IN,
    key: isBelieved ? rowKey : context.keys.ownKey(parts),
    username,
    password,
    source,
    labels,
    ttlSeconds: context.ttlOverride ?? context.ttlFor(source),
    ...(given === undefined ? readHealth(row) : {}),
  };
  const notes = [...credentials.notes, ...labelNotes];
  if (rowKey !== undefined && !isBelieved) notes.push(FOREIGN_KEY);
  if (address.kind === 'odd') {
    const entry = oddEntry(address, input, context.clock);
    return { entry, keySource: 'own', notes: [...notes, address.reason] };
  }
  const entry = CacheEntry.create({ ...input, proxyUrl: address.url }, context.clock);
  return { entry, keySource: 'own', notes };
}

/** An entry under a URL that is none, kept exactly: its other fields are checked as ever. */
function oddEntry({ text }: RowAddress & { kind: 'odd' }, input: CacheEntryInput, clock: Clock): CacheEntry {
  // As a source it would be refused in the same words: a whole entry to find that out, only where there is something to refuse.
  if (!text.isWellFormed()) CacheEntry.create({ proxyUrl: STAND_IN, source: text }, clock);
  return CacheEntry.restore({ ...CacheEntry.create(input, clock), proxyUrl: text });
}

/** The health members of a proxy inventory; what does not fit is left out. */
function readHealth(row: Row): Partial<CacheEntryInput> {
  const { status, last_checked: checked, total_checks: checks } = row;
  const lastHealthCheck = typeof checked === 'string' ? parseInstant(checked) : undefined;
  return {
    ...(isHealthStatus(status) ? { healthStatus: status } : {}),
    ...(lastHealthCheck === undefined ? {} : { lastHealthCheck }),
    ...(Number.isSafeInteger(checks) && (checks as number) >= 0 ? { totalHealthChecks: checks as number } : {}),
  };
}

function readText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

function endOf(now: number, ttlSeconds: number): number {
  return toStorable(Math.min(now + ttlSeconds * 1e3, MAX_INSTANT));
}

function refusal(error: unknown): RowResult {
  if (!(error instanceof CacheError)) return { fate: 'skipped', reason: 'cannot be read' };
  const fate = error.code === CacheErrorCode.CREDENTIAL_UNREADABLE ? 'failed' : 'skipped';
  return { fate, reason: error.message };
}
