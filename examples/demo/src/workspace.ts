import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CacheConfigInput } from '@pw/cache-models';

const ROOT = join(import.meta.dirname, '..');
const DATA = join(ROOT, '..', 'data');

/** The files that the demo imports. */
export const INPUTS = ['http.txt', 'proxies-rich.json', 'with-credentials.txt'].map((name) => join(DATA, name));
/** The input that contains unencrypted credentials. */
export const SECRET_INPUT = INPUTS[2]!;

/** The folder for everything that the demo writes; deleted at the end. */
export const FOLDER = join(ROOT, '.demo');
export const CACHE_FOLDER = join(FOLDER, 'cache');

/** The configuration that `pw-cache --dir` uses for this folder. */
export const CACHE_CONFIG: CacheConfigInput = {
  l2CacheDir: join(CACHE_FOLDER, 'proxies'),
  l3DatabasePath: join(CACHE_FOLDER, 'db', 'proxywhirl.db'),
};

/** The proxies of http.txt as URLs. */
export function httpProxies(): string[] {
  return readFileSync(INPUTS[0]!, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `http://${line}`);
}

/** The path of the `pw-cache` program: beside the package's entry point, in the sources or the build. */
export function pwCacheProgram(): string {
  const entry = fileURLToPath(import.meta.resolve('@pw/cache-cli'));
  return join(entry, '..', `bin${extname(entry)}`);
}

export function createFolder(): void {
  removeFolder();
  mkdirSync(FOLDER, { mode: 0o700 });
}

export function removeFolder(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}
