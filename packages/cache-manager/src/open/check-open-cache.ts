import {
  type ArgumentKind,
  type CacheConfig,
  CacheConfigError,
  type CacheConfigInput,
  type FieldProblem,
  Kinds,
  optional,
  parseCacheConfig,
  problemsOfOptions,
} from '@pw/cache-models';
import type { OpenCacheOptions } from '../manager-options.ts';
import { problemsOfShared, SHARED_OPTIONS } from './check-options.ts';

const OPTIONS: Readonly<Record<keyof OpenCacheOptions, ArgumentKind>> = Object.freeze({
  ...SHARED_OPTIONS,
  env: optional(Kinds.object),
});

/** The environment variables that are read; others are not checked. */
const VARIABLES = ['PROXYWHIRL_CACHE_ENCRYPTION_KEY', 'PROXYWHIRL_CACHE_KEY_PREVIOUS'];

function problemsOfEnv({ env }: Partial<OpenCacheOptions>): FieldProblem[] {
  if (!Kinds.object.isRight(env)) return [];
  return VARIABLES.filter((name) => env![name] !== undefined && typeof env![name] !== 'string').map((name) => ({
    path: `env.${name}`,
    message: Kinds.text.wanted,
  }));
}

/** The configuration with its defaults. Throws a CacheConfigError that lists all problems of both arguments. */
export function checkOpenCache(config: CacheConfigInput, options: OpenCacheOptions): CacheConfig {
  const problems = [
    ...problemsOfOptions(options, OPTIONS),
    ...problemsOfShared(options),
    ...problemsOfEnv(options ?? {}),
  ];
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  try {
    const parsed = parseCacheConfig(config);
    if (problems.length === 0) return parsed;
  } catch (error) {
    if (!(error instanceof CacheConfigError) || problems.length === 0) throw error;
    throw new CacheConfigError(`${error.message}; ${list}`, { problems: [...error.problems, ...problems] });
  }
  throw new CacheConfigError(`open cache: ${list}`, { problems });
}
