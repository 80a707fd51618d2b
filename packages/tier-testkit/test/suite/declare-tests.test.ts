import { CacheValidationError } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { declareTests } from '../../src/index.ts';

async function pathsOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CacheValidationError);
  return (error as CacheValidationError).problems.map(({ path }) => path);
}

describe('declareTests', () => {
  const runner = { describe: () => {}, it: () => {} };
  it.each([
    [undefined, 'a tier', ['runner']],
    [{ describe: () => {} }, 'a tier', ['runner']],
    [runner, 5, ['name']],
    [runner, 'a tier', ['subject']],
  ])('refuses the arguments (%o, %s) and names %j', async (given, name, paths) => {
    expect(await pathsOf(declareTests(given as never, name as never, undefined as never))).toEqual(paths);
  });
});
