import {
  type CacheConfig,
  CacheConfigError,
  type CacheConfigInput,
  type FieldProblem,
  parseCacheConfig,
} from '@pw/cache-models';
import { type ArgumentKind, Kinds, optional, Problems, problemsOfOptions } from '@pw/cache-models/tier';
import type { OpenCacheOptions } from '../manager-options.ts';
import { problemsOfShared, SHARED_OPTIONS } from './check-options.ts';

const OPTIONS: Readonly<Record<keyof OpenCacheOptions, ArgumentKind>> = Object.freeze({
  ...SHARED_OPTIONS,
  env: optional({ wanted: 'must be an object, such as process.env', isRight: Kinds.object.isRight }),
});

/** The environment variables that are read; others are not checked. */
const VARIABLES = ['PROXYWHIRL_CACHE_ENCRYPTION_KEY', 'PROXYWHIRL_CACHE_KEY_PREVIOUS'];

function problemsOfEnv({ env }: Partial<OpenCacheOptions>): FieldProblem[] {
  if (!Kinds.object.isRight(env)) return [];
  return VARIABLES.filter((name) => env![name] !== undefined && typeof env![name] !== 'string').map((name) => ({
    path: `env.${name}`,
    message: Kinds.string.wanted,
  }));
}

/** The configuration with its defaults. Throws a CacheConfigError that lists all problems of both arguments. */
export function checkOpenCache(config: CacheConfigInput, options: OpenCacheOptions): CacheConfig {
  const problems = new Problems([
    ...problemsOfOptions(options, OPTIONS),
    ...problemsOfShared(options),
    ...problemsOfEnv(options ?? {}),
  ]);
  const parsed = parseOr(config, (error) => {
    const { list, inOneLine } = problems;
    if (list.length === 0) throw error;
    throw new CacheConfigError(`${error.message}; ${inOneLine}`, { problems: [...error.problems, ...list] });
  });
  problems.throwIfAny('open cache', { error: CacheConfigError });
  return parsed;
}

function parseOr(config: CacheConfigInput, refuse: (error: CacheConfigError) => never): CacheConfig {
  try {
    return parseCacheConfig(config);
  } catch (error) {
    if (error instanceof CacheConfigError) refuse(error);
    throw error;
  }
}
