import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheEntry, parseProxyUrl } from '../../src/index.ts';
import { originOf } from '../../src/tier/index.ts';

/** The parsed host of a URL with the given host; `undefined` if it is refused. */
function hostOf(host: string): string | undefined {
  const parsed = parseProxyUrl(`http://${host}:80`);
  return parsed.ok ? parsed.value.host : undefined;
}

function reasonOf(host: string): string {
  const parsed = parseProxyUrl(`http://${host}:80`);
  return parsed.ok ? 'accepted' : parsed.reason;
}

describe('an IPv4 address', () => {
  it.each(['198.18.0.1', '0.0.0.0', '255.255.255.255', '10.200.30.4'])('is four numbers from 0 to 255: %s', (host) => {
    expect(hostOf(host)).toBe(host);
  });

  it.each([
    '198.18.0.256',
    '999.1.1.1',
    '198.018.000.001',
    '198.18.0.01',
    '198.18.0',
    '198.18.0.1.2',
    '3323068417',
    '127.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '198.18.0.0x1',
    '198.18.0.0x',
    'gate.example.7',
    'gate.0xff',
    '8080',
    '１９８.１８.０.２５６',
    '１９８.０１８.0.1',
  ])('is refused in any other form that ends in a number, even as a name: %s', (host) => {
    expect(reasonOf(host)).toContain('four numbers from 0 to 255 without leading zeros');
  });

  it('may have full-width digits and dots, and a trailing dot', () => {
    for (const host of ['１９８.18.0.1', '198。18。0。1', '198．18．0．１', '198｡18｡0｡1', '198.18.0.1.'])
      expect(hostOf(host)).toBe('198.18.0.1');
  });
});

describe('an IPv6 address', () => {
  it.each([
    ['[2001:DB8:0:0:0:0:0:1]', '[2001:db8::1]'],
    ['[2001:0db8:0000::0001]', '[2001:db8::1]'],
    ['[2001:db8:0:0:1:0:0:1]', '[2001:db8::1:0:0:1]'],
    ['[2001:db8:0:1:1:1:1:1]', '[2001:db8:0:1:1:1:1:1]'],
    ['[0:0:0:0:0:0:0:0]', '[::]'],
    ['[::ffff:198.18.0.1]', '[::ffff:c612:1]'],
    ['[::FFFF:C612:0001]', '[::ffff:c612:1]'],
    ['[64:ff9b::198.18.0.1]', '[64:ff9b::c612:1]'],
  ])('has one canonical form: %s', (host, spelling) => {
    expect(hostOf(host)).toBe(spelling);
  });

  it.each([
    ['[FE80::1%Eth0]', '[fe80::1%Eth0]'],
    ['[fe80:0::1%25Eth0]', '[fe80::1%Eth0]'],
    ['[fe80::1%25]', '[fe80::1%25]'],
    ['[fe80::1%2525]', '[fe80::1%25]'],
    ['[fe80::1%2525x]', '[fe80::1%2525x]'],
    ['[fe80::1%wlan-0.1_a~]', '[fe80::1%wlan-0.1_a~]'],
  ])('keeps its zone, encoded as in RFC 6874 or not: %s', (host, spelling) => {
    expect(hostOf(host)).toBe(spelling);
  });

  it.each([
    '[]',
    '[:]',
    '[1]',
    '[::1',
    '[::1]x',
    '[1::2::3]',
    '[1:2:3:4:5:6:7]',
    '[1:2:3:4:5:6:7:8:9]',
    '[12345::1]',
    '[::198.18.0.256]',
    '[::198.18.0.01]',
    '[::1%]',
    '[::1%a b]',
    '[::g]',
    `[::${'0'.repeat(60)}1]`,
  ])('is refused if it is invalid: %s', (host) => {
    expect(reasonOf(host)).toMatch(/IPv6 address/);
  });

  it.each(['2001:db8::1', 'fd12:3456:789a:1::1', '::1', 'fe80::1%eth0', '1:2:3:4:5:6:7:8'])(
    'must be in brackets: %s',
    (host) => {
      expect(reasonOf(host)).toContain('in brackets, such as [2001:db8::1]:8080');
    },
  );

  it('results in one URL and one key for any two spellings', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    const style = fc.record({ pad: fc.boolean(), upper: fc.boolean(), ipv4: fc.boolean(), cut: fc.nat(7) });
    fc.assert(
      fc.property(groups, style, style, (address, one, other) => {
        const [a, b] = [one, other].map((s) => CacheEntry.create({ proxyUrl: `http://[${spell(address, s)}]:80` }));
        expect(a!.proxyUrl).toEqual(b!.proxyUrl);
        expect(a!.key).toEqual(b!.key);
        expect(new URL(`${a!.proxyUrl}/`).host).toBe(a!.proxyUrl.slice('http://'.length).replace(/:80$/, ''));
      }),
      { numRuns: 2000 },
    );
  });
});

interface Style {
  readonly pad: boolean;
  readonly upper: boolean;
  readonly ipv4: boolean;
  /** The index from which a run of zeros is left out, if there is one. */
  readonly cut: number;
}

function spell(groups: readonly number[], { pad, upper, ipv4, cut }: Style): string {
  const hex = groups.map((group) => group.toString(16).padStart(pad ? 4 : 1, '0'));
  const texts = hex.map((text) => (upper ? text.toUpperCase() : text));
  if (ipv4) {
    const [high, low] = [groups[6]!, groups[7]!];
    texts.splice(6, 2, `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`);
  }
  let end = cut;
  while (end < texts.length && /^0+$/.test(texts[end]!)) end++;
  if (end === cut) return texts.join(':');
  return `${texts.slice(0, cut).join(':')}::${texts.slice(end).join(':')}`;
}

describe('a name', () => {
  it.each([
    ['Proxy.Example.COM', 'proxy.example.com'],
    ['proxy.example.com.', 'proxy.example.com'],
    ['squid', 'squid'],
    ['localhost', 'localhost'],
    ['under_score.example', 'under_score.example'],
    ['_dmarc.example', '_dmarc.example'],
    ['r3---sn-abc.example', 'r3---sn-abc.example'],
    ['3com.example', '3com.example'],
    ['198.18.0.1.nip.example', '198.18.0.1.nip.example'],
    ['1a', '1a'],
    ['0xg.example', '0xg.example'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['bu\u0308cher.example', 'xn--bcher-kva.example'],
    ['BÜCHER。Example。', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['faß.example', 'xn--fa-hia.example'],
    ['代理.example', 'xn--mnq481g.example'],
    ['नी.example', 'xn--l2b2c.example'],
    ['ｐｒｏｘｙ－１＿ａ．example', 'proxy-1_a.example'],
    ['שלום.example', 'xn--9dbne9b.example'],
  ])('becomes lower-case ASCII, according to UTS 46: %s', (host, ascii) => {
    expect(hostOf(host)).toBe(ascii);
  });

  it.each(['.', '..', 'a..b', '.a', '-', '-a.example', 'a-.example', 'a.-b', 'a..', `${'a'.repeat(64)}.example`])(
    'has labels of 1 to 63 letters, digits, - and _, with no - at their ends: %s',
    (host) => {
      expect(reasonOf(host)).toContain('parts between the dots');
    },
  );

  it('has at most 253 characters, and its input at most 1,000', () => {
    const name = (length: number) => 'a.'.repeat(length).slice(0, length - 1);
    expect(hostOf(name(254))).toHaveLength(253);
    expect(hostOf(`${name(254)}.`)).toHaveLength(253);
    expect(reasonOf(`${name(254)}a`)).toContain('at most 253');
    for (const part of ['a', 'ü', '\u0301', '\u200b', '.', ':', '[', '0', '-'])
      expect(hostOf(`a${part.repeat(500_000)}a`)).toBeUndefined();
  });

  it.each(['xn--', 'xn--abc-'])('has no empty xn-- label: %s', (host) => {
    expect(hostOf(host)).toBeUndefined();
  });

  it.each(['xn--a', 'xn--e28h.example', 'xn--1ug.example', 'xn--ab-j1t.example', 'a.xn--e4b'])(
    'has no xn-- label that is invalid or decodes to characters that no name may contain: %s',
    (host) => {
      expect(reasonOf(host)).toContain('internationalized name');
    },
  );

  it.each(['198.18.0.1\u0301', '\u0301a.example', 'a.१२', 'שלוםa.example', '½.example', '\u{1f1e6}'])(
    'has marks on letters only, no number of any script as its last label, and only what UTS 46 accepts: %s',
    (host) => {
      expect(hostOf(host)).toBeUndefined();
    },
  );

  it.each([
    ['pro\u00adxy.example', 'U+00AD SOFT HYPHEN'],
    ['pro\u200bxy.example', 'U+200B ZERO WIDTH SPACE'],
    ['pro\u200cxy.example', 'U+200C ZERO WIDTH NON-JOINER'],
    ['क्\u200dष.example', 'U+200D ZERO WIDTH JOINER'],
    ['198.18\u200e.0.1', 'U+200E LEFT-TO-RIGHT MARK'],
    ['pro\u202exy.example', 'U+202E RIGHT-TO-LEFT OVERRIDE'],
    ['pro\ufeffxy.example', 'U+FEFF ZERO WIDTH NO-BREAK SPACE'],
    ['pro\ufe0fxy.example', 'U+FE0F VARIATION SELECTOR-16'],
    ['pro\u3164xy.example', 'U+3164 HANGUL FILLER'],
    ['pro\u{e0041}xy.example', 'U+E0041'],
    ['😀.example', 'U+1F600'],
    ['proxy☃.example', 'U+2603'],
    ['a•b.example', 'U+2022'],
    ['l·l.example', 'U+00B7'],
    ['tm™.example', 'U+2122'],
    ['ex⁄ample.example', 'U+2044'],
    ['pro xy.example', 'U+0020'],
    ['pro\u0000xy.example', 'U+0000'],
    ['a$b.example', 'U+0024'],
    ['a%62c.example', 'U+0025'],
    ['a\ud800b.example', 'U+D800'],
    ['a,b', 'U+002C'],
    ['a\\b', 'U+005C'],
    ['<a>', 'U+003C'],
  ])('names the symbol or invisible character that is not allowed: %j', (host, character) => {
    expect(reasonOf(host)).toMatch(new RegExp(`not ${character.replace('+', '\\+')}$`));
  });

  it('loses invisible characters at its ends, as does a URL', () => {
    for (const junk of ['\u200b', '\ufeff', '\u00ad', '\u200e\u202e', '\u{e0041}\u2060']) {
      expect(hostOf(`${junk}Proxy.example${junk}`)).toBe('proxy.example');
      expect(hostOf(`${junk}[::1]${junk}`)).toBe('[::1]');
      const { proxyUrl } = CacheEntry.create({ proxyUrl: `${junk}http://198.18.0.1:80${junk}` });
      expect(proxyUrl).toBe('http://198.18.0.1:80');
    }
    expect(hostOf('\u200b')).toBeUndefined();
    expect(parseProxyUrl('\u200b\u200b').ok).toBe(false);
  });
});

describe('any host', () => {
  const unit = fc.oneof(
    fc.constantFrom(...Array.from('abzAZ0129..--__::[]%~xn')),
    fc.constantFrom(
      'xn--',
      '25',
      '。',
      '１',
      'é',
      '\u0301',
      'ü',
      'ß',
      '代',
      'ש',
      '٣',
      '१',
      '\u200b',
      '\u00ad',
      '😀',
      'ſ',
    ),
    fc.string({ unit: 'binary', maxLength: 1 }),
  );
  const text = fc.array(unit, { maxLength: 12 }).map((units) => units.join(''));
  const zoned = text.map((zone) => `[fe80::1%${zone}]`);
  const punycode = fc
    .string({ unit: fc.constantFrom(...Array.from('abcz019-')), maxLength: 8 })
    .map((tail) => `xn--${tail}.example`);

  it('is returned in a stable form of ASCII letters, digits and -._:[]%~', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(text, zoned, punycode), (given) => {
        const parsed = parseProxyUrl(`socks5://${given}:80`);
        if (!parsed.ok) return;
        accepted++;
        const { url, host } = parsed.value;
        expect(host).toMatch(/^[A-Za-z\d\-._:[\]%~]+$/);
        expect(host.length).toBeLessThanOrEqual(253);
        expect(CacheEntry.create({ proxyUrl: url }).proxyUrl).toBe(url);
        expect(originOf(url)).toBe(url);
      }),
      { numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(1000);
  });

  it('is not quoted in a reason, because it may be a password', () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        for (const url of [
          `http://${left}hunter2${right}:80`,
          `${left}://ann:hunter2@${right}`,
          `http://ann:hunter2${left}`,
        ]) {
          const parsed = parseProxyUrl(url);
          if (!parsed.ok) expect(parsed.reason).not.toContain('hunter2');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the origin of a stored URL', () => {
  it.each([
    ['http://[2001:DB8:0::1]:80', 'http://[2001:db8::1]:80'],
    ['HTTP://ann:hunter2@Gate.example:80/', 'http://gate.example:80'],
    ['http://代理.example:80', 'http://xn--mnq481g.example:80'],
    ['http://198.018.0.1:80', 'http://198.018.0.1:80'],
    ['not a URL', 'not a URL'],
  ])('is its canonical form, or the URL itself if it does not parse: %s', (url, origin) => {
    expect(originOf(url)).toBe(origin);
  });
});
