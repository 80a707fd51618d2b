import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateCacheKey } from '@pw/cache-models';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { warmFromFile } from '../../../../src/transfer/import/index.ts';
import { MEMBER_TABLE } from '../../../../src/transfer/import/rows/members/member-table.ts';
import { MapTarget } from '../../../support/import-target.ts';

async function importText(name: string, text: string) {
  const path = join(makeTempDir(onTestFinished), name);
  writeFileSync(path, text);
  const target = new MapTarget();
  const { loaded, skipped, failed, problems } = await warmFromFile(target, path);
  const entries = [...target.map.values()].map(({ proxyUrl, username, password }) => {
    return [proxyUrl, username?.reveal() ?? null, password?.reveal() ?? null];
  });
  return { counts: [loaded, skipped, failed], reasons: problems.map(({ reason }) => reason), entries, target };
}

const importJson = (value: unknown) => importText('rows.json', JSON.stringify(value));
const PROXY = { ip: '198.18.0.1', port: 80 };

describe('the scheme of a row', () => {
  it.each([
    ['http', { protocols: ['socks4', 'http', 'socks5'] }],
    ['http', { types: 'HTTP, HTTPS' }],
    ['http', { protocol: 'http(s)' }],
    ['socks5', { protocols: ['socks4', 'https', 'socks5'] }],
    ['socks5', { type: 'SOCKS4/5' }],
    ['socks5', { proxyType: 'SOCKS v5' }],
    ['socks4', { Type: 'Socks 4' }],
    ['https', { protocol: 'https' }],
    ['http', { types: [{ type: 'CONNECT:80', level: '' }] }],
    ['socks5', { protocol: null, type: 'socks' }],
    ['socks5', { socks5: 'yes', socks4: 'yes', http: 'no' }],
    ['http', { https: true, type: 'residential' }],
    ['http', { protocol: 'None', type: 'mobile' }],
  ])('is %s of %j', async (scheme, members) => {
    const { entries, reasons } = await importJson([{ ...PROXY, ...members }]);
    expect({ entries, reasons }).toEqual({ entries: [[`${scheme}://198.18.0.1:80`, null, null]], reasons: [] });
  });

  it.each([{ protocol: 'gopher' }, { type: 'vmess' }, { type: 'ss' }, { scheme: 'http://evil.example:1/' }])(
    'fails the row if it is not supported: %j',
    async (members) => {
      const { counts, reasons } = await importJson([{ ...PROXY, ...members }]);
      expect({ counts, reasons }).toEqual({
        counts: [0, 0, 1],
        reasons: [expect.stringMatching(/must be one of http, https/)],
      });
    },
  );

  it('of the URL overrides that of a member, which is reported', async () => {
    const { entries, reasons } = await importJson([{ proxy: 'http://198.18.0.1:80', type: 'socks5' }]);
    expect(entries).toEqual([['http://198.18.0.1:80', null, null]]);
    expect(reasons).toEqual(['type names a different scheme than the URL; the scheme of the URL was used']);
  });

  it.each([
    ['an address under "entry point"', { 'Entry point': '198.18.0.1', Port: 80 }],
    ['a port under "server_port"', { server: '198.18.0.1', server_port: 80 }],
  ])('is the default one with %s', async (_what, row) => {
    expect((await importJson([row])).entries).toEqual([['http://198.18.0.1:80', null, null]]);
  });

  it('is implied by a SOCKS port if the row names none', async () => {
    const { entries } = await importText('rows.csv', 'Host,Port SOCKS5,Login,Password\n198.18.0.1,50101,ann,secret\n');
    expect(entries).toEqual([['socks5://198.18.0.1:50101', 'ann', 'secret']]);
  });
});

describe('a member that is not read', () => {
  it('is reported once per file, by its name only, if it looks like a credential or a scheme', async () => {
    const rows = [1, 2, 3].map((port) => ({ ...PROXY, port, passwd2: 'hunter2', 'Auth Token': 'hunter2', note: 'x' }));
    const { counts, reasons } = await importJson(rows);
    expect(counts).toEqual([3, 0, 0]);
    expect(reasons).toEqual(
      ['passwd2', 'Auth Token'].map((name) =>
        expect.stringMatching(`^${name} looks like a credential or a scheme, but is not read`),
      ),
    );
    expect(reasons.join()).not.toContain('hunter2');
  });

  it.each([
    ['IP;Port;Benutzername;Kennwort', ['Benutzername', 'Kennwort']],
    ['IP;Port;Usuario;Contraseña', ['Usuario', 'Contraseña']],
    ['IP;Port;Typ;Kennwort', ['Typ', 'Kennwort']],
    ['IP;Port;Identifiant;Mot de passe', ['Identifiant', 'Mot de passe']],
    ['IP;Port;Логин;Пароль', ['Логин', 'Пароль']],
    ['IP;Port;用户名;密码', ['用户名', '密码']],
    ['IP;Port;Account;Passcode', ['Account', 'Passcode']],
  ])('is reported in other languages too, with the names to use: %s', async (header, found) => {
    const { counts, reasons } = await importText('rows.csv', `${header}\n198.18.0.1;80;ann;hunter2\n`);
    expect(counts).toEqual([1, 0, 0]);
    expect(reasons).toEqual(
      found.map((name) => expect.stringMatching(`^${name} looks like .*rename it to username, password or protocol$`)),
    );
  });

  it('is reported in an object with the credentials too', async () => {
    const { entries, reasons } = await importJson([{ ...PROXY, auth: { login: 'ann', secret: 'hunter2' } }]);
    expect(entries).toEqual([['http://198.18.0.1:80', 'ann', null]]);
    expect(reasons).toEqual([expect.stringMatching(/^secret looks like a credential/)]);
  });

  it('is reported if it is a second proxy in one row', async () => {
    const rows = [
      { http: 'http://ann:hunter2@198.18.0.1:80', https: 'http://ann:hunter2@198.18.0.2:80' },
      { http: 'http://198.18.0.3:80', https: 'https://198.18.0.3:80' },
    ];
    const { counts, reasons } = await importJson(rows);
    expect(counts).toEqual([2, 0, 0]);
    expect(reasons).toEqual(['https names a different proxy than http and was not read: write it as a separate row']);
  });

  it('is not reported if it is a flag or empty', async () => {
    const { reasons } = await importJson([{ ...PROXY, needsAuth: false, has_password: 'no', user_token: null }]);
    expect(reasons).toEqual([]);
  });
});

describe('credentials', () => {
  it.each([{ password: 1e21 }, { password: 1.5 }, { password: -0.5 }, { username: true }, { password: ['x'] }])(
    'that cannot be read fail the row and are not quoted: %j',
    async (members) => {
      const { counts, reasons } = await importJson([{ ...PROXY, username: 'ann', ...members }]);
      expect(counts).toEqual([0, 0, 1]);
      expect(reasons[0]).toMatch(/write it as a string$/);
    },
  );

  it.each([
    ['IP:Port,Username:Password\n198.18.0.1:80,ann:secret\n'],
    ['Host,Port,Credential\n198.18.0.1,80,ann:secret\n'],
  ])('are read from a column with both: %s', async (text) => {
    expect((await importText('rows.csv', text)).entries).toEqual([['http://198.18.0.1:80', 'ann', 'secret']]);
  });

  it('are absent if both are None', async () => {
    const { entries } = await importText(
      'rows.csv',
      'ip,port,user,pass\n198.18.0.1,80,None,None\n198.18.0.2,80,ann,null\n',
    );
    expect(entries).toEqual([
      ['http://198.18.0.1:80', null, null],
      ['http://198.18.0.2:80', 'ann', 'null'],
    ]);
  });

  it('in a table without a header fail the row if they are ambiguous', async () => {
    const rows = [
      '198.18.0.1,80,Telekom,Berlin,fast',
      '198.18.0.1,80,12345,6789',
      '198.18.0.1,80,198.18.0.2,81',
      'ann.lee,12345,gate,8080',
    ];
    const { counts, entries } = await importText('rows.csv', rows.join('\n'));
    expect({ counts, entries }).toEqual({ counts: [0, 0, 4], entries: [] });
  });
});

describe('a document', () => {
  it.each([
    [
      'rows of cells',
      [
        ['198.18.0.1', 80, 'ann', 'secret'],
        ['198.18.0.2', '1080', 'socks5'],
      ],
    ],
    ['strings by scheme', { http: ['198.18.0.1:80:ann:secret'], 'SOCKS5 proxies': ['198.18.0.2:1080'], tags: ['x'] }],
    [
      'objects by scheme and address',
      { http: { '198.18.0.1:80': { user: 'ann', pass: 'secret' } }, socks5: { '198.18.0.2:1080': 1 } },
    ],
    [
      'rows in an object in an object',
      { status: 'ok', response: { page: 1, data: ['198.18.0.1:80:ann:secret', 'socks5://198.18.0.2:1080'] } },
    ],
  ])('yields its rows: %s', async (_title, value) => {
    const { entries, reasons } = await importJson(value);
    expect({ entries, reasons }).toEqual({
      entries: [
        ['http://198.18.0.1:80', 'ann', 'secret'],
        ['socks5://198.18.0.2:1080', null, null],
      ],
      reasons: [],
    });
  });

  it('is one row if it has the proxy settings of a program', async () => {
    const url = 'http://ann:secret@198.18.0.1:80';
    expect((await importJson({ http: url, https: url })).entries).toEqual([['http://198.18.0.1:80', 'ann', 'secret']]);
  });

  it.each([{ name: 'x', tags: ['a', 'b'] }, {}, 'text', 5, { url: 'https://example.com/list' }])(
    'without rows is reported once: %j',
    async (value) => {
      const { counts, reasons } = await importJson(value);
      expect(counts).toEqual([0, 0, 1]);
      expect(reasons).toEqual([expect.stringMatching(/^the file is neither/)]);
    },
  );

  it('that is really JSON Lines is read as such', async () => {
    const text = [1, 2].map((port) => JSON.stringify({ ...PROXY, port })).join('\n');
    expect((await importText('rows.json', text)).counts).toEqual([2, 0, 0]);
  });

  it('does not trust a key that matches only a URL which is not used', async () => {
    const stolen = 'http://gate.example:1/x y';
    const { target } = await importJson([{ ...PROXY, proxy_url: stolen, key: generateCacheKey(stolen) }]);
    expect([...target.map.keys()]).toEqual([generateCacheKey('http://198.18.0.1:80')]);
  });
});

describe('a table without a column that names a proxy', () => {
  it.each([
    ['shows the names of its columns', 'foo,bar\n198.18.0.1,80\n', 'foo, bar'],
    ['shows names in other languages', 'IP адрес;Порт\n198.18.0.1;80\n', 'IP адрес, Порт'],
    ['shows nothing that may be data', 'ann,hunter\nbob,hunter\n', undefined],
    ['shows nothing that may be data', 'ann,hunter2\nbob,12345\n', undefined],
  ])('is reported once and %s', async (_what, text, shown) => {
    const { counts, reasons } = await importText('rows.csv', text);
    expect(counts).toEqual([0, 0, 1]);
    expect(reasons).toEqual([
      expect.stringMatching(/^the file has no column that names a proxy.*rename its columns to ip, host/),
    ]);
    expect(reasons[0]!.includes('(found: ')).toBe(shown !== undefined);
    expect(reasons[0]).toContain(shown ?? 'the file');
    expect(reasons[0]).not.toContain('hunter');
  });

  it('is not assumed if the file begins with the delimiter line of Excel or a comment', async () => {
    for (const text of ['sep=;\nip;port\n198.18.0.1;80\n', '# ours, of today\nip,port\n198.18.0.1,80\n'])
      expect((await importText('rows.csv', text)).entries).toEqual([['http://198.18.0.1:80', null, null]]);
  });
});

describe('the table of names', () => {
  it('is in the README', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../../../README.md'), 'utf8');
    for (const { label, field, says, names } of MEMBER_TABLE) {
      const meaning = field === undefined ? `label \`${label}\`: ${says}` : says;
      expect(readme).toContain(
        `| ${meaning} | ${names.map((name) => `\`${name.replaceAll(' ', '_')}\``).join(', ')} |`,
      );
    }
  });
});
