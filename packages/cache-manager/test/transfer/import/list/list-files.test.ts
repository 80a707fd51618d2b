import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { warmFromFile } from '../../../../src/transfer/import/index.ts';
import { MapTarget } from '../../../support/import-target.ts';

type Proxy = readonly [url: string, username?: string, password?: string];
interface Expected {
  readonly proxies: readonly Proxy[];
  readonly skipped?: number;
  readonly failed?: number;
  readonly countries?: readonly (string | undefined)[];
}

const plain = (...places: string[]): Proxy[] => places.map((place) => [`http://198.18.0.${place}`]);

/** The results that a person expects of the files in `fixtures`. */
const CASES: Readonly<Record<string, Expected>> = {
  'suffix-list.txt': { proxies: plain('1:999', '2:80', '3:8080'), skipped: 2, countries: ['CO', 'HK', 'US'] },
  'status.txt': { proxies: plain('1:80', '2:80') },
  'freeproxylist.txt': { proxies: plain('1:3128', '2:80'), countries: ['NL', 'FR'] },
  'proxychains.conf': {
    proxies: [
      ['socks5://198.18.0.1:1080', 'lamer', 'secret'],
      ['http://198.18.0.2:8080', 'justu', 'hidden'],
      ['socks4://198.18.0.3:1080'],
      ['http://198.18.0.4:8080'],
    ],
    skipped: 1,
  },
  'providers.txt': {
    proxies: [
      ['http://198.18.0.1:8080', 'user-abc-country-us-session-rand1', 'p4ss'],
      ['http://gate2.example.com:22225', 'brd-customer-hl_1-zone-res-country-us-session-rand39', 'pw_1'],
      ['http://pr.example.com:7777', 'customer-USER-cc-US-sessid-abc12345-sesstime-10', 'PASS'],
      ['http://gate.example.com:10000', 'user-spuser_1-session-1', 'p~w+a=b'],
    ],
  },
  'webshare.txt': {
    proxies: [
      ['http://198.18.0.1:6754', 'webuser', 'webpass'],
      ['http://198.18.0.2:6754', 'webuser', 'webpass'],
    ],
  },
  'openproxylist.txt': { proxies: plain('1:80', '2:3128'), countries: ['US', 'DE'] },
  'clash.yaml': { proxies: [], failed: 1 },
  'v2ray-mixed.txt': { proxies: [['http://198.18.0.1:80'], ['socks5://198.18.0.5:1080']], failed: 3 },
  'pac.txt': {
    proxies: [
      ['http://198.18.0.1:8080'],
      ['socks5://198.18.0.2:1080'],
      ['socks4://198.18.0.3:1080'],
      ['https://198.18.0.4:443'],
    ],
  },
  'seps.txt': { proxies: plain('1:8080', '2:3128', '3:80', '4:80', '5:80') },
  'orders.txt': { proxies: plain('1:8080', '2:8080', '3:8080', '4:8080').map(([url]) => [url, 'ann', 'secret']) },
  'orders-numeric.txt': { proxies: plain('1:8080', '2:8080').map(([url]) => [url, 'scout', '12345']) },
  'table.html': { proxies: [], failed: 1 },
  // A number before an address, blanks around its colon, and a slash after it are reported, not guessed at.
  'messy.txt': { proxies: plain('1:8080', '2:80', '3:80', '4:80', '5:80', '6:80', '7:80', '8:80', '9:80'), failed: 3 },
  'utf16.txt': { proxies: plain('1:80', '2:80') },
  'utf16-nobom.txt': { proxies: plain('1:80', '2:80') },
  'nbsp.txt': { proxies: plain('1:80', '2:80', '3:80'), failed: 1 },
  'latin1.csv': { proxies: plain('1:80', '2:80') },
  'oneline.txt': { proxies: plain('1:80', '2:80', '3:80', '4:80', '5:80') },
  'curl.txt': {
    proxies: [['http://198.18.0.1:8080', 'ann', 'secret'], ['socks5h://198.18.0.2:1080'], ['http://198.18.0.3:3128']],
  },
  'ipv6-unbracketed.txt': { proxies: [], failed: 4 },
  'nonsense-hosts.txt': { proxies: [['http://note:1'], ['http://localhost:8080']], skipped: 4, failed: 6 },
  'lines.txt': {
    proxies: [
      ['http://198.18.0.2:80', 'ann'],
      ['http://198.18.0.3:80', 'ann'],
      ['http://198.18.0.4:80', 'ann'],
      ['http://198.18.0.6:80', 'ann', 'pw:extra'],
      ['http://198.18.0.7:80', 'ann', 'p@ss'],
      ['http://198.18.0.8:80', 'ann', 'p:w'],
      ['http://198.18.0.9:80', 'ann', 'pw'],
      ['http://198.18.0.10:80'],
      ['http://198.18.0.11:80'],
      ['http://198.18.0.12:80', 'ann', 'pw#1'],
      ['http://198.18.0.14:80', 'ann', 'pw'],
    ],
    failed: 3,
  },
  'trailing-columns.txt': {
    proxies: [1, 2, 3, 4, 5, 6, 7].map((i) => [`http://198.18.0.${i}:80`, 'ann', i === 3 ? 'secret:US' : 'secret']),
  },
  'lost-but-exit0.txt': { proxies: plain('4:8080'), failed: 3 },
};

describe('a published list', () => {
  it.each(Object.entries(CASES))('is imported as a person would expect: %s', async (name, expected) => {
    const target = new MapTarget();
    const result = await warmFromFile(target, join(import.meta.dirname, 'fixtures', name));
    const entries = [...target.map.values()];
    const found = entries.map((entry) => [entry.proxyUrl, entry.username?.reveal(), entry.password?.reveal()]);
    expect(found).toEqual(expected.proxies.map(([url, username, password]) => [url, username, password]));
    expect(result.skipped).toEqual(expected.skipped ?? 0);
    expect(result.failed).toEqual(expected.failed ?? 0);
    if (expected.countries !== undefined)
      expect(entries.map(({ labels }) => labels['country'])).toEqual(expected.countries);
  });

  it('is reported as one problem if the whole file is unreadable', async () => {
    for (const [name, reason] of [
      ['clash.yaml', /YAML/],
      ['table.html', /HTML/],
    ] as const) {
      const result = await warmFromFile(new MapTarget(), join(import.meta.dirname, 'fixtures', name));
      expect(result).toMatchObject({ loaded: 0, skipped: 0, failed: 1, problemCount: 1 });
      expect(result.problems[0]?.reason).toMatch(reason);
    }
  });
});
