import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CacheManager } from '@pw/cache-manager';
import { check, count, heading, line } from './screen.ts';
import { formsOf } from './secret-forms.ts';
import { CACHE_FOLDER, SECRET_INPUT } from './workspace.ts';

/** Searches every file of the cache for every credential in all usual encodings. */
export async function searchForSecrets(cache: CacheManager): Promise<void> {
  heading(
    'Secrets',
    'Searches every file for every username and password: raw, UTF-16, hex, base64 and percent-encoded.',
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
    `${count(files.length)} files, ${(bytes / 1e6).toFixed(1)} MB, ${secrets.length} secrets in ${forms.flat().length} encodings`,
  );
  check(found(readFileSync(SECRET_INPUT)) === secrets.length, 'the search finds all of them in the imported file');
  check(secrets.length > 0 && leaks.length === 0, `and none in the cache${leaks.map((name) => ` (${name})`).join('')}`);
}
