import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WarmOptions, warmFromFile } from '../../../../src/transfer/import/index.ts';
import { MapTarget } from '../../../support/import-target.ts';

const BOM = '\uFEFF';

async function importText(name: string, content: string | Buffer, options?: WarmOptions) {
  const path = join(makeTempDir(onTestFinished), name);
  writeFileSync(path, content);
  const target = new MapTarget();
  const result = await warmFromFile(target, path, options);
  const entries = [...target.map.values()].map((entry) => [
    entry.proxyUrl,
    entry.username?.reveal() ?? null,
    entry.password?.reveal() ?? null,
  ]);
  return { result, entries, target };
}

describe('a plain list', () => {
  it.each([
    ['10.0.0.1:80', 'http://10.0.0.1:80', null, null],
    ['proxy.example:3128', 'http://proxy.example:3128', null, null],
    ['10.0.0.1:80:ann:pw', 'http://10.0.0.1:80', 'ann', 'pw'],
    ['10.0.0.1:80:ann:p:w@x:1%40', 'http://10.0.0.1:80', 'ann', 'p:w@x:1%40'],
    ['10.0.0.1:80:ann:p@ss', 'http://10.0.0.1:80', 'ann', 'p@ss'],
    ['ann:pw@proxy.example:80', 'http://proxy.example:80', 'ann', 'pw'],
    ['ann:p%40w@proxy.example:80', 'http://proxy.example:80', 'ann', 'p@w'],
    ['ann:123:x@proxy.example:80', 'http://proxy.example:80', 'ann', '123:x'],
    ['socks5://ann:pw@10.0.0.1:1080', 'socks5://10.0.0.1:1080', 'ann', 'pw'],
    ['HTTPS://Proxy.Example:443/', 'https://proxy.example:443', null, null],
    ['[2001:db8::1]:8080', 'http://[2001:db8::1]:8080', null, null],
    ['[2001:db8::1]:8080:ann:pw', 'http://[2001:db8::1]:8080', 'ann', 'pw'],
    ['ann:pw@[2001:db8::1]:8080', 'http://[2001:db8::1]:8080', 'ann', 'pw'],
    ['  10.0.0.1:80\t# the fast one', 'http://10.0.0.1:80', null, null],
  ])('reads %s', async (line, url, username, password) => {
    const { entries, result } = await importText('list.txt', `${line}\n`);
    expect(entries).toEqual([[url, username, password]]);
    expect(result).toEqual({ loaded: 1, skipped: 0, failed: 0, problems: [], problemCount: 0 });
  });

  it('ignores blank lines and comments, and accepts CR LF, CR and a byte order mark', async () => {
    const { entries, result } = await importText(
      'list.txt',
      `${BOM}# ours\r\n10.0.0.1:80\r\n\r\n10.0.0.2:80\r10.0.0.3:80`,
    );
    expect(entries.map(([url]) => url)).toEqual(['http://10.0.0.1:80', 'http://10.0.0.2:80', 'http://10.0.0.3:80']);
    expect(result.skipped + result.failed).toBe(0);
  });

  it('reports the line of each bad entry without quoting it, and continues', async () => {
    const text =
      'ann:hunter2@\n10.0.0.1:80\n10.0.0.2:99999:ann:hunter2\nhunter2\n2001:db8::1:8080\nftp://hunter2@h:1\n10.0.0.3:80\n';
    const { result, entries } = await importText('list.txt', text);
    expect(entries).toHaveLength(2);
    expect(result).toMatchObject({ loaded: 2, skipped: 2, failed: 3, problemCount: 5 });
    expect(result.problems.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6]);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  it('accepts another default scheme', async () => {
    const { entries } = await importText('list.txt', '10.0.0.1:80\nhttp://10.0.0.2:80\n', { defaultScheme: 'socks5' });
    expect(entries.map(([url]) => url)).toEqual(['socks5://10.0.0.1:80', 'http://10.0.0.2:80']);
  });
});

describe('the format of a file', () => {
  const rows: [string, string][] = [
    ['proxies', '[{"proxy_url":"http://a.example:1"}]'],
    ['proxies.txt', '\n [ {"proxy_url":"http://a.example:1"} ]'],
    ['proxies', '{"proxy_url":"http://a.example:1"}\n{"proxy_url":"http://a.example:1"}'],
    ['proxies', '{"generated_at":"x","proxies":[{"ip":"a.example","port":1}]}'],
    ['proxies', '{\n "proxies": [{"ip":"a.example","port":"1","protocol":"http"}]\n}'],
    ['proxies.log', 'source;PROXY_URL\nx;http://a.example:1\n'],
    ['proxies.tsv', 'ip\tport\na.example\t1\n'],
    ['proxies.dat', 'a.example:1\n'],
    ['LIST.JSONL', '{"proxy_url":"http://a.example:1"}'],
    ['list.ndjson', '{"proxy_url":"http://a.example:1"}'],
    ['list.CSV', 'proxy_url\nhttp://a.example:1'],
  ];
  it.each(rows)('is detected by name or content: %s %s', async (name, content) => {
    const { target } = await importText(name, content);
    expect(target.one.proxyUrl).toBe('http://a.example:1');
  });

  it('is not mistaken for JSON if it is a list that begins with an IPv6 address', async () => {
    const { target } = await importText('proxies', '[::1]:80\n');
    expect(target.one.proxyUrl).toBe('http://[::1]:80');
  });

  it('can be set by an option', async () => {
    const { target } = await importText('list.json', 'a.example:1', { format: 'list' });
    expect(target.one.proxyUrl).toBe('http://a.example:1');
  });
});

describe('a CSV file', () => {
  it('keeps quoted delimiters, quotes and line breaks, and counts lines like an editor', async () => {
    const text = 'proxy_url,username,password\nhttp://a.example:1,"u,1","p""w\r\nx"\n\n,x,y\n';
    const { entries, result } = await importText('list.csv', text);
    expect(entries).toEqual([['http://a.example:1', 'u,1', 'p"w\nx']]);
    expect(result.problems).toEqual([{ line: 5, reason: expect.any(String) }]);
  });

  it('loses only one line to an unclosed quote', async () => {
    const lines = Array.from({ length: 250 }, (_, i) => `http://h${i}.example:1,s`);
    lines[10] = 'http://h10.example:1,"open';
    const { result, target } = await importText('list.csv', `proxy_url,source\n${lines.join('\n')}\n`);
    expect(result).toMatchObject({ loaded: 249, failed: 1 });
    expect(result.problems[0]).toEqual({
      line: 12,
      reason: expect.stringMatching(/quote that is not closed within 100 lines/),
    });
    expect(target.urls).not.toContain('http://h10.example:1');
  });

  it('accepts a header in any case and order, and a column named __proto__', async () => {
    const { target } = await importText('list.csv', ' Source ; __proto__;PROXY_URL\nx;y;http://a.example:1\n');
    expect(target.one.source).toBe('x');
  });
});

describe('a large file', () => {
  it('is read across chunks', async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:8080`);
    const { result, target } = await importText('big.txt', lines.join('\r\n'));
    expect(result).toMatchObject({ loaded: 30_000, problemCount: 0 });
    expect(new Set(target.urls)).toEqual(new Set(lines.map((line) => `http://${line}`)));
  });

  it('loses only a line that exceeds 1 MiB', async () => {
    const text = `{"proxy_url":"http://a.example:1"}\n{"x":"${'y'.repeat(1_100_000)}"}\n{"proxy_url":"http://b.example:1"}\n`;
    const { result } = await importText('long.jsonl', text);
    expect(result).toMatchObject({
      loaded: 2,
      failed: 1,
      problems: [{ line: 2, reason: expect.stringContaining('longer than 1 MiB') }],
    });
  });

  it('is refused if it is a JSON document of more than 64 MiB', async () => {
    const path = join(makeTempDir(onTestFinished), 'huge.json');
    writeFileSync(path, Buffer.alloc(64 * 1024 * 1024 + 1, ' '));
    expect(await warmFromFile(new MapTarget(), path)).toMatchObject({ failed: 1, problemCount: 1 });
  });

  it('reports its first hundred problems and counts the rest', async () => {
    const { result } = await importText('bad.txt', 'bad\n'.repeat(250));
    expect(result.problems).toHaveLength(100);
    expect(result).toMatchObject({ skipped: 250, problemCount: 250 });
  });
});
