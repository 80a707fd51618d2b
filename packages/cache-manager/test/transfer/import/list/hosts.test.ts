import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WarmOptions, warmFromFile } from '../../../../src/transfer/import/index.ts';
import { MapTarget } from '../../../support/import-target.ts';

async function importText(name: string, text: string, options?: WarmOptions) {
  const path = join(makeTempDir(onTestFinished), name);
  writeFileSync(path, text);
  const target = new MapTarget();
  const { loaded, skipped, failed, problems } = await warmFromFile(target, path, options);
  const entries = [...target.map.values()].map((entry) => [
    entry.proxyUrl,
    entry.username?.reveal() ?? null,
    entry.password?.reveal() ?? null,
  ]);
  return { counts: [loaded, skipped, failed], reasons: problems.map(({ reason }) => reason), entries };
}

const importLine = (line: string, options?: WarmOptions) => importText('list.txt', `${line}\n`, options);
const importRow = (row: object) => importText('rows.jsonl', JSON.stringify(row));

describe('a host without a dot in a list', () => {
  it('fails with a remedy and is not quoted', async () => {
    const { counts, reasons } = await importText('list.txt', 'squid:3128\n');
    expect(counts).toEqual([0, 0, 1]);
    expect(reasons[0]).toContain('only in a URL');
    // A user with a numeric password looks the same.
    expect((await importLine('hunter2:12345')).reasons[0]).not.toMatch(/hunter2|12345/);
  });

  it('is a heading if it is a typical word of headings', async () => {
    expect((await importText('list.txt', 'Total:402\nUpdated:12:34:56\nPort:8080\n')).counts).toEqual([0, 3, 0]);
  });

  it.each(['ann:hunter2@squid:3128', 'squid:3128:ann:hunter2', 'ann:hunter2:squid:3128'])(
    'fails with credentials too, which are not quoted: %s',
    async (line) => {
      const { counts, reasons } = await importLine(line);
      expect(counts).toEqual([0, 0, 1]);
      expect(reasons[0]).toMatch(/only in a URL/);
      expect(reasons[0]).not.toMatch(/hunter2|squid|12345|34/);
    },
  );

  it.each([
    ['squid:3128', 'http://squid:3128', null, null],
    ['ann:hunter2@squid:3128', 'http://squid:3128', 'ann', 'hunter2'],
    ['squid:3128:ann:hunter2', 'http://squid:3128', 'ann', 'hunter2'],
  ])('is accepted with bareNames: %s', async (line, ...entry) => {
    expect((await importLine(line, { bareNames: true })).entries).toEqual([entry]);
  });

  it.each([
    ['localhost:8080', 'http://localhost:8080'],
    ['LOCALHOST.:8080', 'http://localhost:8080'],
    ['http://squid:3128', 'http://squid:3128'],
    ['[::1]:80', 'http://[::1]:80'],
  ])('is accepted if it is localhost or in a URL: %s', async (line, url) => {
    expect((await importLine(line)).entries).toEqual([[url, null, null]]);
  });

  it.each([{ proxy_url: 'squid:3128' }, { proxy_url: 'http://squid:3128' }, { ip: 'squid', port: 3128 }])(
    'is accepted in a field: %o',
    async (row) => {
      expect((await importRow(row)).entries).toEqual([['http://squid:3128', null, null]]);
    },
  );

  it('is not preferred to an address on the other side', async () => {
    expect((await importLine('198.18.0.1:80:ann:p@ss:8080')).entries).toEqual([
      ['http://198.18.0.1:80', 'ann', 'p@ss:8080'],
    ]);
  });
});

describe('an IPv6 address without brackets', () => {
  it.each([
    '2001:db8::1:8080',
    '2001:db8::1',
    '::1:80',
    'fd12:3456:789a:1::1:8080',
    'fd12:3456:789a:1::1:8080:ann:hunter2',
    '3fff:680:1234:5678:9abc:def0:1234:5678:3128',
    'abcd:680:1234:5678:9abc:def0:1234:5678:3128:ann:hunter2',
    'fe80::1%eth0:8080',
    '::ffff:198.18.0.1:8080',
    'ann:hunter2@2001:db8::1:8080',
    'http://2001:db8::1:8080',
    'http://ann:hunter2@2001:db8::1:8080',
  ])('fails in a list and in a field, with brackets as the remedy: %s', async (line) => {
    for (const { counts, reasons, entries } of [await importLine(line), await importRow({ proxy_url: line })]) {
      expect({ counts, entries }).toEqual({ counts: [0, 0, 1], entries: [] });
      expect(reasons[0]).toContain('in brackets, such as [2001:db8::1]:8080');
      expect(reasons[0]).not.toContain('hunter2');
    }
  });

  it('is not confused with other hexadecimal digits', async () => {
    expect((await importLine('ab.cd:80:ef:12')).entries).toEqual([['http://ab.cd:80', 'ef', '12']]);
    expect((await importLine('[2001:DB8::0:1]:80:ab:12')).entries).toEqual([['http://[2001:db8::1]:80', 'ab', '12']]);
  });
});

describe('an invalid host', () => {
  const reason = /four numbers|parts between the dots/;
  it.each(['198.18.0.256:80', '999.1.1.1:80', '198.018.000.001:80', '198.18.0.1.2:80', '.:80', '-:80'])(
    'fails in a list, a URL and a field: %s',
    async (line) => {
      const [host] = line.split(':');
      for (const { counts, reasons, entries } of [
        await importLine(line),
        await importLine(`socks5://${line}`),
        await importLine(`ann:hunter2@${line}`),
        await importLine(`${line}:ann:hunter2`),
        await importRow({ proxy_url: `http://${line}` }),
        await importRow({ proxy_url: line }),
        await importRow({ ip: host, port: 80 }),
        await importText('rows.csv', `host,port\n${host},80\n`),
      ]) {
        expect({ counts, entries }).toEqual({ counts: [0, 0, 1], entries: [] });
        expect(reasons[0]).toMatch(reason);
        expect(reasons[0]).not.toContain('hunter2');
      }
    },
  );

  it('is skipped if it is a sentence', async () => {
    expect((await importLine('Proxies of today:402')).counts).toEqual([0, 1, 0]);
    expect((await importLine('12:34:56')).counts).toEqual([0, 1, 0]);
  });

  it('is reported with the name of its invisible character', async () => {
    for (const { reasons } of [await importLine('198.18\u200b.0.1:80'), await importRow({ ip: 'a\u200bb', port: 80 })])
      expect(reasons[0]).toContain('U+200B ZERO WIDTH SPACE');
  });
});

describe('the ends of a token', () => {
  it.each([
    '\u200b198.18.0.1:80',
    '198.18.0.1:80\u200b',
    '198.18.0.1\u200b:80',
    '\ufeff\u2060198.18.0.1:80\u00ad',
    '✅198.18.0.1:80',
    '🇳🇱 198.18.0.1:80',
    '198.18.0.1:80 ✔️',
    '198.18.0.1:80+',
    '★http://198.18.0.1:80★',
    'http://\u200e198.18.0.1\u200e:80',
  ])('may be symbols and invisible characters, which are dropped: %j', async (line) => {
    expect((await importLine(line)).entries).toEqual([['http://198.18.0.1:80', null, null]]);
  });

  it('keep symbols that may belong to a credential', async () => {
    expect((await importLine('198.18.0.1:80:ann:pa$$✅')).entries).toEqual([['http://198.18.0.1:80', 'ann', 'pa$$✅']]);
    expect((await importLine('198.18.0.1:80:ann:12✅')).entries).toEqual([['http://198.18.0.1:80', 'ann', '12✅']]);
    expect((await importLine('$ann:pw@198.18.0.1:80')).entries).toEqual([['http://198.18.0.1:80', '$ann', 'pw']]);
  });
});

describe('fields', () => {
  it('cannot affect each other', async () => {
    for (const row of [
      { ip: '198.18.0.1', port: '80@evil.example:8080' },
      { ip: 'ann@evil.example', port: 80 },
      { host: 'http://evil.example', port: 80 },
      { ip: '198.18.0.1', port: 80, protocol: 'http://evil.example:1/' },
      { ip: '198.18.0.1', port: '' },
    ])
      expect((await importRow(row)).counts[0]).toBe(0);
  });

  it('accept an IPv6 address with or without brackets, in any spelling', async () => {
    for (const ip of ['2001:DB8:0::1', '[2001:db8::0001]', '\u200b2001:db8::1'])
      expect((await importRow({ ip, port: '80', protocol: 'socks5' })).entries).toEqual([
        ['socks5://[2001:db8::1]:80', null, null],
      ]);
  });
});
