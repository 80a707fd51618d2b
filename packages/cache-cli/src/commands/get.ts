import type { CacheLookup, CacheManager } from '@pw/cache-manager';
import type { CacheEntry, Secret } from '@pw/cache-models';
import { candidateKeys } from '../candidate-keys.ts';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import { formatDuration, printable } from '../format.ts';
import { OPEN_REMEDY, openStore } from '../open-store.ts';

export interface GetOptions extends GlobalOptions {
  readonly reveal?: boolean;
}

/** Shows one entry. Its absence is a failure: a script asks for the exit code. */
export async function getEntry(context: CliContext, urlOrKey: string, options: GetOptions): Promise<void> {
  await using cache = await openStore(context, options);
  const start = performance.now();
  const hit = await find(cache, urlOrKey);
  const elapsedMs = performance.now() - start;
  if (hit === undefined) throw notFound(cache, options);
  const show = (secret: Secret | null) => (options.reveal === true ? secret?.reveal() : secret?.toJSON()) ?? null;
  const credentials = { username: show(hit.entry.username), password: show(hit.entry.password) };
  if (options.json === true) {
    const { entry, ...answer } = hit;
    await context.out.json({ ...answer, entry: { ...entry.toJSON(), ...credentials } });
    return;
  }
  const lines = describe(hit.entry, credentials, context.now());
  lines.push(['Answered by', `${hit.tier} in ${formatDuration(elapsedMs)}`]);
  for (const [name, value] of lines) await context.out.line(`${name.padEnd(12)} ${printable(value)}`);
}

async function find(cache: CacheManager, urlOrKey: string): Promise<CacheLookup | undefined> {
  for (const key of candidateKeys(urlOrKey)) {
    const hit = await cache.lookup(key);
    if (hit !== undefined) return hit;
  }
  return undefined;
}

function notFound(cache: CacheManager, { dir }: GetOptions): CliError {
  const sealed = cache.getStatistics().tiers.some(({ stats }) => stats.undecryptable > 0);
  if (sealed) return new CliError('KEY_MISSING', `it is there, and no key opens its credentials: ${OPEN_REMEDY}`);
  return new CliError('NOT_FOUND', `not found in ${dir}: "pw-cache list" shows what is there`);
}

function describe(
  entry: CacheEntry,
  { username, password }: { username: string | null; password: string | null },
  now: number,
): [string, string][] {
  const lines: [string, string][] = [
    ['URL', entry.proxyUrl],
    ['Key', entry.key],
  ];
  if (username !== null) lines.push(['Username', username]);
  if (password !== null) lines.push(['Password', password]);
  lines.push(
    ['Source', entry.source],
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
