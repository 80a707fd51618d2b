import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { warmFromFile } from '../../../../src/transfer/import/index.ts';
import { MapTarget } from '../../../support/import-target.ts';

const BOM = '\uFEFF';

async function importBytes(name: string, bytes: Buffer | string) {
  const path = join(makeTempDir(onTestFinished), name);
  writeFileSync(path, bytes);
  const target = new MapTarget();
  const result = await warmFromFile(target, path);
  return { result, target, urls: target.urls };
}

const little = (text: string): Buffer => Buffer.from(text, 'utf16le');
const big = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

describe('UTF-16', () => {
  const FILES: Readonly<Record<string, string>> = {
    'list.txt': 'http://a.example:1\r\nhttp://b.example:2\r\n',
    'rows.csv': 'proxy_url,city\r\nhttp://a.example:1,Zürich 🇨🇭\r\nhttp://b.example:2,\r\n',
    'rows.jsonl': '{"proxy_url":"http://a.example:1"}\n{"proxy_url":"http://b.example:2"}\n',
    'rows.json': '[{"proxy_url":"http://a.example:1"},{"proxy_url":"http://b.example:2"}]',
  };

  it.each(Object.entries(FILES))('is read in both byte orders, with and without a mark: %s', async (name, text) => {
    for (const bytes of [little(BOM + text), big(BOM + text), little(text), big(text)]) {
      const { result, urls } = await importBytes(name, bytes);
      expect(urls).toEqual(['http://a.example:1', 'http://b.example:2']);
      expect(result.problemCount).toBe(0);
    }
  });

  it('is read across chunk boundaries', async () => {
    // Lines of different lengths, so that surrogate pairs are at many positions.
    const lines = Array.from({ length: 20_000 }, (_, i) => `198.18.${i >> 8}.${i & 255}:80 ${'🇺🇸'.repeat(i % 3)}`);
    for (const encode of [little, big]) {
      const { result, urls } = await importBytes('list.txt', encode(`${BOM}${lines.join('\n')}`));
      expect(result).toMatchObject({ loaded: 20_000, problemCount: 0 });
      expect(new Set(urls).size).toBe(20_000);
    }
  });

  it('may end in the middle of a character', async () => {
    const { urls } = await importBytes('list.txt', little(`${BOM}198.18.0.1:80\n🇺`).subarray(0, -1));
    expect(urls).toEqual(['http://198.18.0.1:80']);
  });
});

describe('bytes that are not valid UTF-8', () => {
  it('are read as Windows-1252 in a list, CSV and JSON Lines', async () => {
    const bytes = (text: string) => Buffer.concat([Buffer.from(text), Buffer.from([0xe3, 0x80]), Buffer.from('x')]);
    const list = await importBytes('list.txt', bytes('198.18.0.1:80:ann:'));
    expect(list.target.one.password?.reveal()).toBe('ã€x');
    const csv = await importBytes('rows.csv', bytes('ip,port,city\n198.18.0.1,80,'));
    expect(csv.target.one.labels).toEqual({ city: 'ã€x' });
    const row = Buffer.concat([bytes('{"ip":"198.18.0.1","port":80,"city":"'), Buffer.from('"}')]);
    const jsonl = await importBytes('rows.jsonl', row);
    expect(jsonl.target.one.labels).toEqual({ city: 'ã€x' });
  });

  it('do not affect the other lines of the file', async () => {
    const text = Buffer.concat([
      Buffer.from('198.18.0.1:80:ann:é\n'),
      Buffer.from([...Buffer.from('198.18.0.2:80:ann:'), 0xe9, 0x0a]),
    ]);
    const { target } = await importBytes('list.txt', text);
    expect([...target.map.values()].map(({ password }) => password?.reveal())).toEqual(['é', 'é']);
  });
});

describe('white space and line endings', () => {
  it.each(['\n', '\r\n', '\r'])('a line may end with %j', async (end) => {
    expect((await importBytes('list.txt', ['a.example:1', 'b.example:2'].join(end))).urls).toHaveLength(2);
  });

  it.each(['\u00a0', '\u2003', '\u3000', '\u202f', '\u200b', '\ufeff', '\u2060'])(
    'white space around an address is ignored: %j',
    async (blank) => {
      const { urls } = await importBytes('list.txt', `x\n${blank}198.18.0.1:80${blank}\n`);
      expect(urls).toEqual(['http://198.18.0.1:80']);
    },
  );
});

describe('a file that is not a list', () => {
  const sqlite = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(100)]);
  it.each<[string, Buffer | string, RegExp]>([
    ['list.txt', gzipSync('198.18.0.1:80\n'), /gzip.*decompress/],
    ['list.json', gzipSync('[]'), /gzip.*decompress/],
    ['list.txt', Buffer.from('504b030414000000', 'hex'), /ZIP.*unpack/],
    ['proxies.db', sqlite, /SQLite/],
    ['list.txt', Buffer.alloc(5000), /binary/],
    ['list.txt', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 37) & 255)), /binary/],
    ['list.json', '<!DOCTYPE html>\n<html><body>403</body></html>', /HTML/],
    ['list.csv', '\n<?xml version="1.0"?><rss></rss>', /HTML or XML/],
    ['list.txt', '<pre>\n198.18.0.1:80\n</pre>', /HTML/],
    ['list.txt', 'port: 7890\nproxies:\n  - name: a\n    server: 198.18.0.1\n    port: 80\n', /YAML/],
    ['list.txt', '# all\nproxies:\n- {"ip": "198.18.0.1", "port": 80}\n', /YAML/],
  ])('is reported as one problem: %s %#', async (name, content, reason) => {
    const { result } = await importBytes(name, content);
    expect(result).toMatchObject({ loaded: 0, skipped: 0, failed: 1, problemCount: 1 });
    expect(result.problems[0]).toEqual({ line: 0, reason: expect.stringMatching(reason) });
  });

  it.each([
    'proxies:\n- 198.18.0.1:80\n',
    'Proxies:\n- US: 198.18.0.1:80\n198.18.0.1:80\n',
    'proxies:\n- port: 80\n198.18.0.1:80\n',
    '<host>:<port>\n198.18.0.1:80\n',
    '<198.18.0.1:80>\n',
    'BZh 198.18\n198.18.0.1:80\n',
    '\0\u0001\n198.18.0.1:80\n198.18.0.2:80\n',
  ])('is not confused with a list that resembles it: %j', async (text) => {
    expect((await importBytes('list.txt', text)).urls).toContain('http://198.18.0.1:80');
  });
});
