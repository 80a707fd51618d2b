import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram, makeTempDir } from '@pw/test-support';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { cli } from '../support/run-cli.ts';

const SOURCE = join(import.meta.dirname, '..', '..', 'src', 'bin.ts');
const BIN = await bundleProgram(SOURCE);
const HIDE = join(import.meta.dirname, 'hide-packages-in-child.ts');
const ONE_LINE = /^pw-cache: [^\n]+\n$/;

interface Options {
  /** Default: a bundle. A package can be hidden only from the source, because the bundle contains its packages. */
  readonly bin?: string;
  readonly argv: readonly string[];
  readonly stdout?: number;
  readonly node?: readonly string[];
  readonly env?: Record<string, string>;
}

/** Runs the command as a process of its own. */
function start({ bin = BIN, argv, stdout, node = [], env = {} }: Options) {
  const done = spawnSync(process.execPath, ['--conditions=@pw/source', ...node, bin, ...argv], {
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  return { code: done.status, out: String(done.stdout ?? ''), err: String(done.stderr) };
}

/** A cache of two proxies, in `cache`, beside the list that they came from. */
async function makeCache(): Promise<string> {
  const root = makeTempDir(onTestFinished);
  writeFileSync(join(root, 'list.txt'), '198.51.100.1:80\n198.51.100.2:80\n');
  const { code } = await cli(['--dir', join(root, 'cache'), 'import', join(root, 'list.txt')]);
  expect(code).toBe(0);
  return root;
}

describe('a stdout that cannot be written', () => {
  beforeAll(() => expect(existsSync('/dev/full'), 'a device that is always full').toBe(true));

  it.each(['list', '--help'])('causes one line on stderr and exit code 1: %s', async (command) => {
    const stdout = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(stdout));
    const argv = ['--dir', join(await makeCache(), 'cache'), ...command.split(' ')];
    expect(start({ argv, stdout })).toMatchObject({
      code: 1,
      err: 'pw-cache: stdout cannot be written: no space left on device (ENOSPC)\n',
    });
  });

  it('does not stop an import', async () => {
    const root = await makeCache();
    const stdout = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(stdout));
    writeFileSync(join(root, 'more.txt'), '198.51.100.3:80\n');
    const argv = ['--dir', join(root, 'cache'), 'import', join(root, 'list.txt'), join(root, 'more.txt')];
    expect(start({ argv, stdout }).code).toBe(1);
    expect(JSON.parse((await cli(['--dir', join(root, 'cache'), 'list', '--json'])).out).count).toBe(3);
  });
});

describe('an unexpected error', () => {
  it.each([
    ['a throw', 'setTimeout(() => { throw new TypeError("hunter2"); }, 1)'],
    ['a rejection', 'Promise.reject(Object.assign(new Error("hunter2"), { code: "EIO" }))'],
    ['no error at all', 'setTimeout(() => { throw "hunter2"; }, 1)'],
  ])('causes one line, without stack or message, and exit code 1: %s', async (_name, script) => {
    const argv = ['--dir', join(await makeCache(), 'cache'), 'list'];
    const node = ['--import', `data:text/javascript,setImmediate(() => { ${encodeURIComponent(script)} })`];
    const { code, err } = start({ argv, node });
    expect(code).toBe(1);
    expect(err).toMatch(ONE_LINE);
    expect(err).not.toContain('hunter2');
  });
});

describe('an incomplete installation', () => {
  it.each([
    ['@pw/tier-memory,@pw/tier-sqlite', 'npm install @pw/tier-memory @pw/tier-sqlite'],
    ['commander', 'npm install commander'],
  ])('is reported with one command that installs all missing packages: %s', async (hidden, command) => {
    const argv = ['--dir', join(await makeCache(), 'cache'), 'list'];
    const { code, out, err } = start({ bin: SOURCE, argv, node: ['--import', HIDE], env: { HIDDEN_PACKAGES: hidden } });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(ONE_LINE);
    expect(err.trimEnd().endsWith(command)).toBe(true);
  });
});

describe('a directory where nothing can be created', () => {
  it('makes an import fail with the reason in one line', async () => {
    const root = await makeCache();
    const { code, err } = start({ argv: ['--dir', '/proc/pw-cache', 'import', join(root, 'list.txt')] });
    expect(code).toBe(1);
    expect(err).toMatch(
      /^pw-cache: l2 and l3 of the cache in \/proc\/pw-cache cannot be opened: .* \(E[A-Z]+\): .*\n$/,
    );
  });
});
