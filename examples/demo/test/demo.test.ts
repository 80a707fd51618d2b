import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formsOf } from '../src/secret-forms.ts';
import { FOLDER } from '../src/workspace.ts';

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');

describe('the demo', () => {
  it('stores 6,642 proxies, reads them from every tier and after a restart, and deletes its files', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--conditions=@pw/source', MAIN]);
    expect(stderr).toBe('');
    expect(stdout).toContain('http.txt: 6,642 loaded');
    expect(stdout).toMatch(/✓ 6,706 different proxies, 7 with credentials/);
    expect(stdout).toContain('✓ it came from l3, l1, l2');
    expect(stdout).toContain('✓ all 6,642 were found, and every tier served some of them');
    expect(stdout).toContain('✓ all 6,642 proxies of http.txt were found');
    expect(stdout).toContain('✓ without the key: no entries with credentials');
    expect(stdout).toMatch(/✓ the search finds all of them.*\n +✓ and none in the cache\n/);
    expect(stdout).toMatch(/l3 +6,706 /);
    expect(stdout).toMatch(/Done in [\d.]+ s\. The demo deleted its files\.\n$/);
    expect(existsSync(FOLDER)).toBe(false);
  });
});

describe('the search for a secret', () => {
  const secret = 'amber-Lantern 42';
  const contains = (content: string | Buffer) => formsOf(secret).some((form) => Buffer.from(content).includes(form));

  it('finds it in every encoding, at every offset', () => {
    const encodings = [
      `x${secret}y`,
      Buffer.from(`x${secret}y`, 'utf16le'),
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('hex').toUpperCase(),
      `http://${encodeURIComponent(secret)}@h`,
      ...['', 'a', 'ab', 'abc'].flatMap((before) => {
        const bytes = Buffer.from(`${before}${secret}zz`);
        return [bytes.toString('base64'), bytes.toString('base64url')];
      }),
    ];
    expect(encodings.map(contains)).toEqual(encodings.map(() => true));
  });

  it('does not match a similar string', () => {
    expect(contains('amber-lantern 42')).toBe(false);
  });
});
