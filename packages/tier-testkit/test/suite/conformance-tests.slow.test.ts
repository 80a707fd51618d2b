import { CacheValidationError } from '@pw/cache-models';
import * as fastCheck from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conformanceTests } from '../../src/index.ts';

const module = new URL('../tiers/make-map-tier.ts', import.meta.url);
const moduleOf = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`);

async function pathsOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CacheValidationError);
  return (error as CacheValidationError).problems.map(({ path }) => path);
}

describe('conformanceTests', () => {
  it.each([
    [undefined, ['subject']],
    [[], ['subject']],
    [{}, ['module', 'fastCheck']],
    [{ module: './make-tier.ts', fastCheck: {} }, ['module', 'fastCheck']],
    [{ module, fastCheck, kill: 1, runs: 0, cycles: '5' }, ['kill', 'runs', 'cycles']],
    [{ module, fastCheck, deadlineMs: Number.NaN, execArgv: new Array(1) }, ['execArgv', 'deadlineMs']],
  ])('lists every problem of the subject %o: %j', async (subject, paths) => {
    expect(await pathsOf(conformanceTests(subject as never))).toEqual(paths);
  });

  it.each([
    [module, 'conformance tests: subject: must be an object: write { fastCheck, module }'],
    ['./make-tier.ts', 'conformance tests: subject: must be an object: write { module, fastCheck }'],
    [{ module, fastcheck: fastCheck }, 'fastcheck: unknown option; did you mean fastCheck?'],
  ])('says what to write instead of the subject %o', async (subject, words) => {
    await expect(conformanceTests(subject as never)).rejects.toThrow(words);
  });

  it.each([
    ['without createTier', ''],
    ['whose createTier is not a function', 'export const createTier = 5;'],
    ['whose createTier returns no tier', 'export const createTier = () => undefined;'],
    ['whose tier states no capabilities', 'export const createTier = () => ({});'],
  ])('refuses a module %s', async (_what, source) => {
    expect(await pathsOf(conformanceTests({ module: moduleOf(source), fastCheck }))).toEqual(['module']);
  });
});
