import { CURRENT_KEY_VARIABLE, PREVIOUS_KEY_VARIABLE } from '@pw/cache-crypto';
import { type CacheManager, openCache } from '@pw/cache-manager';
import { CacheError, CacheErrorCode, type DirectoryChecks } from '@pw/cache-models';
import type { CliContext, GlobalOptions } from '../cli-context.ts';
import { CliError } from '../errors/cli-error.ts';
import { describeCode, remedyFor } from '../errors/error-text.ts';
import { missingPackages } from './missing-packages.ts';
import { type Backend, inspectStore, type StorePaths } from './store-paths.ts';
import { TierWarnings } from './tier-warnings.ts';

export interface StoreUse {
  /** True if the command writes: the cache is then created if it does not exist, and needs no memory tier. */
  readonly writes?: boolean;
}

/** The remedy for credentials that cannot be encrypted. */
export const SEAL_REMEDY = `set ${CURRENT_KEY_VARIABLE}; "pw-cache generate-key" prints a new key`;

/**
 * True if the environment has a key. Without one, nothing may be encrypted: a random key would be lost with the
 * process.
 */
export function hasKey({ io }: CliContext): boolean {
  return io.env[CURRENT_KEY_VARIABLE] !== undefined || io.env[PREVIOUS_KEY_VARIABLE] !== undefined;
}

/**
 * Opens the cache in a directory. Throws a CliError if there is none and the command only reads, or if a tier on disk
 * cannot be opened: without that tier, the cache would look empty.
 */
export async function openStore(
  context: CliContext,
  options: GlobalOptions,
  use: StoreUse = {},
): Promise<CacheManager> {
  const paths = inspectStore(options.dir);
  if (use.writes !== true && !paths.exists) {
    throw new CliError('NO_CACHE', `there is no cache in ${options.dir}: import a file first, or choose another --dir`);
  }
  // Use the existing backend, so that users need not remember how the cache was created.
  const backend = options.backend ?? paths.backends[0] ?? 'jsonl';
  const warn = (text: string) => context.err.line(`pw-cache: warning: ${context.shown(text)}`);
  const warnings = new TierWarnings();
  const cache = await open(
    context,
    { ...paths, l2Backend: backend, directoryChecks: options.directoryChecks },
    use,
    warnings,
  );
  const broken = cache.getStatistics().tiers.filter(({ degraded }) => degraded);
  if (broken.length > 0) {
    await cache.close();
    throw cannotBeOpened(
      options.dir,
      broken.map(({ name }) => name),
      warnings,
    );
  }
  const other = paths.backends.find((name) => name !== backend);
  if (other !== undefined) await warn(twoBackends(paths.l2CacheDir, backend, other));
  await warnings.passOn(warn);
  if (context.io.signal?.aborted === true) await cache.close();
  context.io.signal?.throwIfAborted();
  return cache;
}

interface StoreConfig extends StorePaths {
  readonly l2Backend: Backend;
  readonly directoryChecks: DirectoryChecks | undefined;
}

async function open(
  context: CliContext,
  { l2CacheDir, l3DatabasePath, l2Backend, directoryChecks }: StoreConfig,
  use: StoreUse,
  { logger }: TierWarnings,
): Promise<CacheManager> {
  try {
    return await openCache(
      { l1Config: { enabled: use.writes !== true }, l2Backend, l2CacheDir, l3DatabasePath, directoryChecks },
      { env: { ...context.io.env }, logger, clock: context.io.clock },
    );
  } catch (error) {
    if (!(error instanceof CacheError) || error.code !== CacheErrorCode.PACKAGE_MISSING) throw error;
    const names = missingPackages(error.message).join(' ');
    throw new CliError(error.code, `the installation is incomplete: run npm install ${names}`);
  }
}

function cannotBeOpened(dir: string, tiers: readonly string[], warnings: TierWarnings): CliError {
  const reasons = tiers.flatMap((tier) => warnings.reasonOf(tier) ?? []);
  if (reasons.length > 0)
    return new CliError('TIER_FAILED', `the cache in ${dir} cannot be opened: ${reasons.join('; ')}`);
  const codes = [...new Set(tiers.flatMap((tier) => warnings.codeOf(tier) ?? []))];
  const reason = codes.length === 0 ? '' : `: ${codes.map(describeCode).join('; ')}`;
  const message = `${tiers.join(' and ')} of the cache in ${dir} cannot be opened${reason}: ${remedyFor(codes[0])}`;
  return new CliError('TIER_FAILED', message);
}

function twoBackends(directory: string, used: Backend, other: Backend): string {
  return `${directory} contains l2 as ${used} and as ${other}: this command uses ${used}; choose the other with --backend ${other}`;
}

/** Throws a CliError if a tier failed while it was read, because its entries may be missing from the output. */
export function checkComplete(cache: CacheManager, { dir }: GlobalOptions): void {
  const failed = cache.tiers
    .filter(({ tier }) => tier?.enabled !== true || tier.failureCount > 0)
    .map(({ name }) => name);
  if (failed.length === 0) return;
  throw new CliError(
    'TIER_FAILED',
    `${failed.join(' and ')} of the cache in ${dir} could not be read in full: check the directory and its permissions`,
  );
}
