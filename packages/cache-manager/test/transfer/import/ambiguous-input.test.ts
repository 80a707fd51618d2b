import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { warmFromFile } from '../../../src/transfer/import/index.ts';
import { MapTarget } from '../../support/import-target.ts';

async function read(name: string, content: string) {
  const path = join(makeTempDir(onTestFinished), name);
  writeFileSync(path, content);
  const target = new MapTarget();
  const { skipped, failed, problems } = await warmFromFile(target, path);
  const proxies = [...target.map.values()].map(({ proxyUrl, username, password }) =>
    [proxyUrl, username?.reveal(), password?.reveal()].filter((part) => part !== undefined).join(' '),
  );
  return { proxies, skipped, failed, reasons: problems.map(({ reason }) => reason) };
}

const HOST = '198.18.0.1,8080';
const PROXY = 'http://198.18.0.1:8080';

describe('a table without a header', () => {
  it.each([
    ['a city and a provider', `${HOST},Berlin,Telekom`],
    ['a provider and a measure', `${HOST},Comcast,1200`],
    ['a scheme before a city and a provider', `${HOST},http,Berlin,Telekom`],
    ['user and password after a country', `${HOST},DE,elite,ann,secret`],
    ['user and password after numbers', `${HOST},12,34,ann,secret`],
    ['user and password in one cell', `${HOST},ann:secret`],
    ['user and password in one cell after a whole proxy', '198.18.0.1:8080,ann:secret'],
    ['user and password with their names', `${HOST},user=ann,pass=secret`],
  ])('neither invents credentials nor drops them: %s', async (_, line) => {
    expect(await read('a.csv', `${line}\n`)).toMatchObject({ proxies: [], failed: 1 });
  });

  it.each([
    ['a user and a password', `${HOST},ann,secret`, `${PROXY} ann secret`],
    ['a password with a digit', `${HOST},Ann,Secret1`, `${PROXY} Ann Secret1`],
    ['a country before a city and a provider', `${HOST},Germany,Berlin,Telekom`, PROXY],
  ])('still loads %s', async (_, line, proxy) => {
    expect(await read('a.csv', `${line}\n`)).toMatchObject({ proxies: [proxy], failed: 0 });
  });
});

describe('a row with more cells than its header has columns', () => {
  it.each([
    ['a user and a password', 'ip,port,country\n198.18.0.1,8080,ann,secret\n'],
    ['the rest of a proxy with a delimiter in its password', 'proxy;country\nann:se;cret@198.18.0.1:8080;DE\n'],
  ])('fails if the extra cells may be %s', async (_, content) => {
    expect(await read('a.csv', content)).toMatchObject({ proxies: [], skipped: 0, failed: 1 });
  });

  it('is loaded if only the end of a label is lost', async () => {
    const { proxies, failed } = await read('a.csv', 'ip,port,org\n198.18.0.1,8080,Example, Inc.\n');
    expect({ proxies, failed }).toEqual({ proxies: [PROXY], failed: 0 });
  });
});

describe('a row with fewer cells than its header has columns', () => {
  const header = 'username;password;ip;port;protocol';

  it.each(['; ann; secret; 1', 'ann;secret;hunter2;8080'])('fails if a credential may be its host: %s', async (row) => {
    const { proxies, failed, reasons } = await read('a.csv', `${header}\n${row}\n`);
    expect({ proxies, failed }).toEqual({ proxies: [], failed: 1 });
    expect(reasons[0]).toMatch(/^has fewer cells than the header has columns/);
    expect(reasons.join()).not.toMatch(/ann|secret|hunter2/);
  });

  it.each([
    ['an address', `${header}\nann;secret;198.18.0.1;8080`, `${PROXY} ann secret`],
    ['localhost', `${header}\nann;secret;localhost;8080`, 'http://localhost:8080 ann secret'],
    ['a word to the left of the credentials', 'ip;port;username;password\nproxy1;8080', 'http://proxy1:8080'],
  ])('is loaded if its host is %s', async (_, content, proxy) => {
    expect(await read('a.csv', content)).toMatchObject({ proxies: [proxy], failed: 0 });
  });
});

describe('a row whose proxy is not recognised', () => {
  it.each([
    ['an object instead of a string', '[{"proxy":{"ip":"198.18.0.1","port":8080}}]'],
    ['a server that is an object', '[{"server":{"host":"198.18.0.1","port":8080}}]'],
    ['a member with an unknown name', '[{"name":"198.18.0.1:8080","user":"ann"}]'],
    ['a sentence', '[{"text":"server=198.18.0.1&port=1080&user=ann"}]'],
  ])('counts as failed, not as a heading: %s', async (_, content) => {
    expect(await read('a.json', content)).toMatchObject({ proxies: [], skipped: 0, failed: 1 });
  });

  it('is reported if it is in an unknown member next to a known one', async () => {
    const content = '{"http":["198.18.0.1:8080"],"other":["198.18.0.2:8080"],"tags":["x"]}';
    const { proxies, failed, reasons } = await read('a.json', content);
    expect({ proxies, failed }).toEqual({ proxies: [PROXY], failed: 1 });
    expect(reasons[0]).toMatch(/^has rows in a member with an unknown name/);
    expect(await read('a.json', '{"http":["198.18.0.1:8080"],"tags":["x"]}')).toMatchObject({ failed: 0 });
  });

  it('is read if proxy_url is a host and another member is the port', async () => {
    const content = '[{"proxy_url":"198.18.0.1","port":8080,"user":"ann","pass":"secret"}]';
    expect((await read('a.json', content)).proxies).toEqual([`${PROXY} ann secret`]);
  });

  it.each(['authorization', 'account', 'passcode', 'auth_header'])(
    'is loaded with a report that %s is not read',
    async (name) => {
      const { reasons } = await read('a.json', JSON.stringify([{ proxy: PROXY, [name]: 'secret' }]));
      expect(reasons).toEqual([expect.stringMatching(`^${name} looks like a credential or a scheme, but is not read`)]);
    },
  );
});

describe('a line', () => {
  it.each([
    ['198.18.0.1: 8080'],
    ['host: 198.18.0.1 port: 8080 login: ann pass: secret'],
    ['host=198.18.0.1;port=8080;user=ann;pass=secret'],
    ['https://t.me/socks?server=198.18.0.1&port=1080&user=ann&pass=secret'],
    ['198.18.0.1:8080 user=ann pass=secret'],
    ['198.18.0.1:8080 login: ann password: secret'],
    ['198.18.0.1,8080,ann,secret,DE'],
    ['198.18.0.1:8080|ann|secret|12 ms|fast'],
    ['198.18.0.1:8080:socks5:ann:secret'],
    ['[socks4:%//gate:aaaaaa.bad:1000'],
    ['s-ocks4:%//gate:aaaaaa.bad:1000'],
    ['socks4:/-/ann:secret@198.18.0.1:8080'],
    ['"http:/ann:secret@198.18.0.1:8080'],
    ['198.18.0.1:8080:(http:%//ann'],
    ['198.18.0.1:8080@http:\\//ann:secret'],
    ['ann:pw@198.18.0.1:8080ann:pw@198.18.0.2:8080'],
    ['198.18.0.1:8080:ann:pw198.18.0.2:8080:ann:pw'],
  ])('with an ambiguous proxy fails: %s', async (line) => {
    expect(await read('a.txt', `${line}\n`)).toMatchObject({ proxies: [], skipped: 0, failed: 1 });
  });

  it.each([
    ['ann:a//secret', 'ann a//secret'],
    ['ann:%//secret', 'ann %//secret'],
    ['http-user:/secret', 'http-user /secret'],
    ['http:a//secret', 'http a//secret'],
  ])('with slashes in a password loads it: %s', async (credentials, expected) => {
    for (const line of [`${credentials}@198.18.0.1:8080`, `198.18.0.1:8080:${credentials}`])
      expect((await read('a.txt', `${line}\n`)).proxies).toEqual([`${PROXY} ${expected}`]);
    const ownScheme = await read('a.txt', 'http://198.18.0.1:8080:http:/%/secret\n');
    expect(ownScheme.proxies).toEqual([`${PROXY} http /%/secret`]);
  });

  it.each([['Version 1.2.3.4 of 2024-05-05'], ['Updated 12:30 by 10.0.0.1'], ['Total: 402'], ['10.0.0.1']])(
    'that is a heading loads nothing: %s',
    async (line) => {
      const { proxies } = await read('a.txt', `${line}\n`);
      expect(proxies).toEqual([]);
    },
  );
});

describe('a curl command', () => {
  it.each([
    ['quotes with a space in them', `curl -x 198.18.0.1:8080 -U "ann:se cret" example.com`, 'ann se cret'],
    ['a delimiter of lists', 'curl -x 198.18.0.1:8080 -U ann:se,cr;et|x example.com', 'ann se,cr;et|x'],
    ['single quotes', `curl -x 198.18.0.1:8080 -U 'ann:se"cr\\et'`, 'ann se"cr\\et'],
    ['an escape', 'curl -x 198.18.0.1:8080 -U ann:se\\ cret', 'ann se cret'],
    ['options without spaces', `curl -x198.18.0.1:8080 -U"ann:secret" example.com`, 'ann secret'],
    ['options in one word', 'curl -sSx 198.18.0.1:8080 -LU ann:secret example.com', 'ann secret'],
    ['values of other options', `curl -H "-U a:b" -o -x -x 198.18.0.1:8080 --proxy-user=ann:secret`, 'ann secret'],
  ])('is split as a shell splits it: %s', async (_, line, credentials) => {
    expect(await read('a.txt', `${line}\n`)).toMatchObject({ proxies: [`${PROXY} ${credentials}`], failed: 0 });
  });

  it.each([
    ['an unclosed quote', `curl -x 198.18.0.1:8080 -U "ann:se #cret"`],
    ['credentials in a header', `curl -x 198.18.0.1:8080 --proxy-header "Proxy-Authorization: Basic abc"`],
  ])('is refused with %s', async (_, line) => {
    expect(await read('a.txt', `${line}\n`)).toMatchObject({ proxies: [], failed: 1 });
  });
});

describe('a document with members that may apply to all rows', () => {
  it.each([
    ['next to a list', '{"username": "ann", "password": "secret", "proxies": ["198.18.0.1:8080"]}', 'username'],
    ['next to a named row', '{"auth": {"p": {"username": "a"}}, "p": {"host": "198.18.0.1", "port": 8080}}', 'auth'],
    ['with an unknown name', '{"proxies": [{"ip": "198.18.0.1", "port": 8080}], "passwd2": "secret"}', 'passwd2'],
    ['a scheme for all rows', '{"protocol": "socks5", "proxies": ["198.18.0.1:8080"]}', 'protocol'],
  ])('reports them: %s', async (_, content, name) => {
    const { proxies, skipped, reasons } = await read('a.json', content);
    expect({ proxies, skipped }).toEqual({ proxies: [PROXY], skipped: 1 });
    expect(reasons).toEqual([expect.stringMatching(`^${name} is outside the rows`)]);
  });

  it('does not report members that are empty or not credentials', async () => {
    const content =
      '{"status": "ok", "type": "http", "username": "", "password": null, "count": 1, "proxies": ["198.18.0.1:8080"]}';
    expect(await read('a.json', content)).toEqual({ proxies: [PROXY], skipped: 0, failed: 0, reasons: [] });
  });

  it('fails a proxy whose value may be its credentials, instead of dropping them', async () => {
    const content = '{"198.18.0.1:8080": "ann:secret", "198.18.0.2:8080": "fast"}';
    const { proxies, failed } = await read('a.json', content);
    expect({ proxies, failed }).toEqual({ proxies: ['http://198.18.0.2:8080'], failed: 1 });
  });
});

it.each(['ip,ip,port', 'ip,port,user,pass,user,pass', 'proxy,proxy'])(
  'a table with duplicate columns is refused completely: %s',
  async (header) => {
    const cells = header
      .split(',')
      .map((name) => (name === 'port' ? '8080' : name === 'ip' ? '198.18.0.1' : 'ann:secret@198.18.0.1:1'));
    const { proxies, failed, reasons } = await read('a.csv', `${header}\n${cells.join(',')}\n`);
    expect({ proxies, failed }).toEqual({ proxies: [], failed: 1 });
    expect(reasons[0]).toMatch(/more than one \w+ column/);
  },
);
