import { PassThrough } from 'node:stream';
import { CacheValidationError } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/index.ts';

const io = () => ({ stdout: new PassThrough(), stderr: new PassThrough(), env: {} });

describe('run, called by a program', () => {
  it.each([
    [undefined, {}, ['argv']],
    ['--version', {}, ['argv']],
    [['--version', 5], {}, ['argv']],
    [new Array(1), {}, ['argv']],
    [['--version'], { stdout: process.env }, ['stdout']],
    [['--version'], { stderr: undefined, env: null }, ['stderr', 'env']],
    [['--version'], { signals: 5, signal: {}, clock: Date.now }, ['signals', 'signal', 'clock']],
  ])('with (%o, %o) rejects, naming %j, and writes nothing', async (argv, members, paths) => {
    const given = { ...io(), ...members };
    const error = await run(argv as never, given as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CacheValidationError);
    expect((error as CacheValidationError).problems.map(({ path }) => path)).toEqual(paths);
    expect((given.stdout as PassThrough).readableLength ?? 0).toBe(0);
  });

  it.each([
    [undefined, 'run: io: must be an object: write { stdout, stderr, env }'],
    [() => {}, 'run: io: must be an object: write { stdout, stderr, env }'],
    [{ ...io(), std_in: 1 }, 'std_in: unknown option; did you mean stdin?'],
  ])('with the streams %o rejects, and says what to write instead', async (given, words) => {
    await expect(run(['--version'], given as never)).rejects.toThrow(words);
  });

  it('accepts the process object itself as its io', async () => {
    // An unknown command writes nothing to stdout, and one line to stderr.
    const given = Object.create(process, { stderr: { value: new PassThrough() } }) as NodeJS.Process;
    expect(await run(['--limits'], given)).toBe(2);
  });

  it.each([undefined, null, [], 'io'])('rejects %j as its io', async (given) => {
    await expect(run(['--version'], given as never)).rejects.toMatchObject({ problems: [{ path: 'io' }] });
  });
});
