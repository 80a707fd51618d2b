import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CacheManager } from '@pw/cache-manager';
import { check, count, heading, line } from './screen.ts';
import { formsOf } from './secret-forms.ts';
import { CACHE_FOLDER, SECRET_INPUT } from './workspace.ts';

/** Looks for every credential, in any usual encoding, in every file of the cache. */
export async function searchForSecrets(cache: CacheManager): Promise<void> {
  heading(
    'Secrecy',
    'Every username and password, raw, UTF-16, hex, base64 and percent-encoded, in every byte on disk.',
  );
  const secrets: string[] = [];
  for await (const { username, password } of cache.entries()) {
    if (username !== null) secrets.push(username.reveal());
    if (password !== null) secrets.push(password.reveal());
  }
  const forms = secrets.map(formsOf);
  const found = (bytes: Buffer) => forms.filter((list) => list.some((form) => bytes.includes(form))).length;
  const files = readdirSync(CACHE_FOLDER, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name));
  let bytes = 0;
  const leaks: string[] = [];
  for (const path of files) {
    const content = readFileSync(path);
    bytes += content.length;
    if (found(content) > 0) leaks.push(relative(CACHE_FOLDER, path));
  }
  line(
    `${count(files.length)} files, ${(bytes / 1e6).toFixed(1)} MB, ${secrets.length} secrets, ${forms.flat().length} byte sequences`,
  );
  check(
    found(readFileSync(SECRET_INPUT)) === secrets.length,
    'the search finds all of them in the file that was imported',
  );
  check(secrets.length > 0 && leaks.length === 0, `and none in the cache${leaks.map((name) => ` (${name})`).join('')}`);
}
