import type { CacheManager } from '@pw/cache-manager';
import type { CacheEntry, CacheEntryJson, Secret } from '@pw/cache-models';
import { labelTexts } from '@pw/cache-models/tier';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { formatDuration, plural, printable } from '../display/format.ts';
import { CliError } from '../errors/cli-error.ts';
import { findEntry } from '../store/find-entry.ts';
import { checkComplete, openStore } from '../store/open-store.ts';
import { describeUnreadable, OPEN_REMEDY, unreadableCount } from '../store/unreadable-records.ts';

export interface GetOptions extends GlobalOptions {
  readonly reveal?: boolean;
}

/** Shows one entry. Fails if it does not exist, so that scripts can check the exit code. */
export async function getEntry(context: CliContext, urlOrKey: string, options: GetOptions): Promise<void> {
  await using cache = await openStore(context, options);
  const start = performance.now();
  const found = await findEntry(cache, urlOrKey, context.io.signal);
  const elapsedMs = performance.now() - start;
  const { hit } = found;
  if (hit === undefined) {
    checkComplete(cache, options);
    throw notFound(cache, found, options.dir);
  }
  const show = (secret: Secret | null) => (options.reveal === true ? secret?.reveal() : secret?.toJSON()) ?? null;
  const credentials = { username: show(hit.entry.username), password: show(hit.entry.password) };
  const json = hit.entry.toJSON();
  const shown = { ...json, proxyUrl: options.reveal === true ? hit.entry.proxyUrl : json.proxyUrl, ...credentials };
  if (options.json === true) {
    const { entry: _entry, ...answer } = hit;
    await context.out.json({ ...answer, entry: shown });
    return;
  }
  const lines = describe(hit.entry, shown, context.now());
  lines.push(['Answered by', `${hit.tier} in ${formatDuration(elapsedMs)}`]);
  for (const [name, value] of lines) await context.out.line(`${name.padEnd(12)} ${printable(value)}`);
}

const SHOWN_KEYS = 10;

function notFound(cache: CacheManager, { keys, locked }: { keys: readonly string[]; locked: boolean }, dir: string) {
  if (locked) return new CliError('KEY_MISSING', `the entry exists, but no key opens its credentials: ${OPEN_REMEDY}`);
  if (keys.length > 1) {
    const shown = keys.slice(0, SHOWN_KEYS).join(', ') + (keys.length > SHOWN_KEYS ? ', …' : '');
    const message = `${plural(keys.length, 'entry', 'entries')} match: add the user (user@host:port), or get one by its key: ${shown}`;
    return new CliError('AMBIGUOUS', message, { keys });
  }
  const unreadable = unreadableCount(cache);
  const hint = unreadable > 0 ? `among the readable entries; ${describeUnreadable(unreadable)}` : '';
  return new CliError(
    'NOT_FOUND',
    `not found in ${dir}${hint === '' ? ': "pw-cache list" lists all entries' : ` ${hint}`}`,
  );
}

function describe(
  entry: CacheEntry,
  { proxyUrl, username, password, source, labels }: CacheEntryJson,
  now: number,
): [string, string][] {
  const lines: [string, string][] = [
    ['URL', proxyUrl],
    ['Key', entry.key],
  ];
  if (username !== null) lines.push(['Username', username]);
  if (password !== null) lines.push(['Password', password]);
  lines.push(['Source', source]);
  const texts = labelTexts(labels);
  if (texts.length > 0) lines.push(['Labels', texts.join(', ')]);
  lines.push(
    ['Health', describeHealth(entry)],
    ['Fetched', `${new Date(entry.fetchTime).toISOString()} (${formatDuration(now - entry.fetchTime)} ago)`],
    ['Expires', `${new Date(entry.expiresAt).toISOString()} (in ${formatDuration(entry.expiresAt - now)})`],
    ['Accesses', String(entry.accessCount)],
  );
  return lines;
}

function describeHealth(entry: CacheEntry): string {
  const checked = entry.lastHealthCheck === null ? '' : `, checked ${new Date(entry.lastHealthCheck).toISOString()}`;
  const failures = entry.failureCount === 0 ? '' : `, ${entry.failureCount} failures`;
  return entry.healthStatus + checked + failures;
}
