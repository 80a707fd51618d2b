import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { run } from '@pw/cache-cli';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheManager, openCache } from '@pw/cache-manager';
import { CacheEntry, entryToRecord, parseCacheConfig, parseProxyUrl, Secret } from '@pw/cache-models';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FailingTier } from './support/failing-tier.ts';
import { Marker } from './support/markers.ts';

const user = new Marker('user');
const password = new Marker('word');
const proxyUrl = `http://${encodeURIComponent(user.text)}:${encodeURIComponent(password.text)}@h.example:8080`;
const basic = Buffer.from(`${user.text}:${password.text}`).toString('base64');
/** Messages of programs that contain a proxy's credentials. */
const errorTexts = [
  `connect to ${proxyUrl} failed`,
  `http://${user.text}:${password.text}@h.example:8080 is no URL`,
  `http://${user.text}:${password.text}`,
  `proxy ${user.text}:${password.text}@h.example:8080 refused`,
  `bad line 198.18.0.1:8080:${user.text}:${password.text}`,
  `Proxy-Authorization: Basic ${basic}`,
  `{"headers":{"proxy-authorization":["Basic ${basic}"]}}`,
  `curl -x h.example -U ${user.text}:${password.text} https://example.com`,
  `GET https://example.com/?user=${user.text}&password=${encodeURIComponent(password.text)}`,
  `PROXY_USERNAME=${user.text}\nPROXY_PASSWORD=${password.text}`,
  JSON.stringify({ username: user.text, password: password.text }),
];
/** Messages whose credentials can be recognised only with the entry. */
const ownTexts = [
  `${user.text} was refused`,
  `no ${password.text} here, nor ${encodeURIComponent(password.text)}`,
  basic,
];
const temp = () => makeTempDir(onTestFinished);

/** Everything that a cache returned, logged or threw; searched for the markers at the end. */
class Said {
  readonly logger = new RecordingLogger();
  readonly #parts: [string, string | Buffer][] = [];

  add(where: string, value: unknown): void {
    const shown = inspect(value, { depth: null, showHidden: true, getters: true, maxStringLength: null });
    this.#parts.push([`${where}, inspected`, shown], [`${where}, as JSON`, toJson(value)], [where, `${String(value)}`]);
  }

  text(where: string, text: string | Buffer): void {
    this.#parts.push([where, text]);
  }

  async failure(where: string, work: () => unknown): Promise<void> {
    let error: unknown;
    try {
      await work();
    } catch (thrown) {
      error = thrown;
    }
    expect(error, `${where} must fail`).toBeInstanceOf(Error);
    this.add(where, error);
    this.text(`${where}, stack`, String((error as Error).stack));
  }

  expectNoMarker(): void {
    this.add('log', this.logger.lines);
    const leaks = this.#parts.flatMap(([where, part]) =>
      [user, password].flatMap((marker) => marker.foundIn(part).map((how) => `${where}: ${how}`)),
    );
    expect(leaks).toEqual([]);
  }
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return 'no JSON';
  }
}

function scanFiles(said: Said, directory: string): void {
  for (const file of readdirSync(directory, { recursive: true, withFileTypes: true }))
    if (file.isFile()) said.text(`file ${file.name}`, readFileSync(join(file.parentPath, file.name)));
}

const configIn = (directory: string, l2Backend: 'jsonl' | 'sqlite', encryptionKey: string) => ({
  l2Backend,
  l2CacheDir: join(directory, 'l2'),
  l3DatabasePath: join(directory, 'l3', 'cache.db'),
  encryptionKey,
});

const rows = [
  { proxy_url: proxyUrl },
  { proxy_url: 'http://a.example:1', username: user.text, password: password.text },
  { proxy_url: 'ftp://b.example', username: user.text, password: password.text },
  { proxy_url: `http://${user.text}:${password.text}@no-port` },
  { proxy_url: 'http://c.example:1', password: { nested: password.text } },
  { proxy_url: proxyUrl, username: 'another', password: 'one' },
  { proxy_url: `http://${user.text}:${password.text}` },
  ...errorTexts.map((source, i) => ({ proxy_url: `http://f${i}.example:1`, source })),
  ...ownTexts.map((source, i) => ({ proxy_url: proxyUrl.replace('h.example', `g${i}.example`), source })),
];

/** Files of every format with valid and invalid rows. */
function importFiles(directory: string): string[] {
  const lines = rows.map((row) => JSON.stringify(row)).join('\n');
  const files = {
    'rows.json': JSON.stringify(rows),
    'cut.json': JSON.stringify(rows).slice(0, -20),
    'rows.jsonl': `${lines}\n{"proxy_url":"http://d.example:1","password":"${password.text}\n`,
    'rows.csv': `proxy_url,username,password\nhttp://e.example:1,${user.text},${password.text}\n"${password.text}\n`,
    'rows.txt': `${proxyUrl}\n10.0.0.1:80:${user.text}:${password.text}\n${password.text}\n`,
  };
  return Object.entries(files).map(([name, content]) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  });
}

describe.each(['jsonl', 'sqlite'] as const)('a marked credential, with %s behind memory', (backend) => {
  it('does not appear in anything that a cache returns, logs or writes', async () => {
    const [directory, outside] = [temp(), temp()];
    const said = new Said();
    const key = generateKey();
    const config = configIn(directory, backend, key);
    const cache = await openCache(config, { env: {}, logger: said.logger });
    onTestFinished(() => cache.close());
    for (const name of ['promotion', 'eviction', 'degraded', 'recovered'] as const)
      cache.on(name, (event) => said.add(name, event));
    const entry = CacheEntry.create({ proxyUrl });
    said.add('entry', entry);
    said.add('nested entry', { list: [entry], map: new Map([['k', entry]]) });
    said.text('template', `${entry.username}${entry.password}`);
    said.text('console', inspect(structuredClone({ ...entry.toJSON() })));
    said.add('put', await cache.putDetailed(entry.key, entry));
    expect((await cache.get(entry.key))?.password?.reveal()).toBe(password.text);
    said.add('lookup', await cache.lookup(entry.key));
    for (const [i, text] of [...errorTexts, ...ownTexts].entries()) {
      const one = CacheEntry.create({
        proxyUrl: proxyUrl.replace('h.example', `t${i}.example`),
        source: text,
        lastHealthError: text,
      });
      said.add('entry with a message', [one, one.with({ source: text, lastHealthError: text })]);
      said.add('put', await cache.putDetailed(one.key, one));
      const result = { status: 'dead', errorMessage: text, checkUrl: `https://check.example/${text}` } as const;
      said.add('health check', await cache.recordHealthCheck(one.key, result));
      said.add('entry after a check', await cache.get(one.key));
      said.add('history', await cache.healthHistory(one.key));
    }
    for (const path of importFiles(outside)) said.add(path, await cache.warmFromFile(path));
    said.add('keys', await cache.keys());
    for await (const one of cache.entries()) said.add('entries', one);
    for (const credentials of ['sealed', 'omit'] as const) {
      const path = join(directory, `export-${credentials}.jsonl`);
      said.add(
        'export',
        await cache.exportToFile(path, { credentials, onProgress: (step) => said.add('progress', step) }),
      );
    }
    said.add('re-encryption', await cache.reencrypt({ onProgress: (step) => said.add('progress', step) }));
    said.add('statistics', cache.getStatistics());
    said.text('metrics', JSON.stringify(cache.getStatistics().toMetricsDict()));
    said.add('cache', cache);
    said.add('tiers', cache.tiers);
    said.add('configuration', parseCacheConfig(config));
    scanFiles(said, directory);
    await cache.close();
    scanFiles(said, directory);
    const other = await openCache({ ...config, encryptionKey: generateKey() }, { env: {}, logger: said.logger });
    onTestFinished(() => other.close());
    expect(await other.get(entry.key)).toBeUndefined();
    said.add('statistics without the key', other.getStatistics());
    said.add('re-encryption without the key', await other.reencrypt());
    await other.close();
    expect(said.logger.lines.length).toBeGreaterThan(0);
    said.expectNoMarker();
  });

  it('does not appear in the output of the command', async () => {
    const [directory, outside] = [temp(), temp()];
    const said = new Said();
    const files = importFiles(outside);
    const env = { PROXYWHIRL_CACHE_ENCRYPTION_KEY: generateKey() };
    const commands: string[][] = [
      ['import', ...files],
      ['import', ...files, join(outside, 'not-there')],
      ['list'],
      ['stats'],
      ['get', 'http://h.example:8080'],
      ['get', 'http://a.example:1'],
      ['get', `http://${user.text}:${password.text}@nowhere.example:1`],
      ['get', proxyUrl],
      ['list', '--source', 'warmed', '--limit', '3'],
      ...errorTexts.flatMap((text) => [['get', text], ['list', text], ['list', '--source', text], [text]]),
      ['import', '-U', `${user.text}:${password.text}`],
      ['import', `${user.text}:${password.text}`],
      ['import', `--password=${password.text}`],
      ['export', join(directory, 'export.jsonl')],
      ['export', join(directory, 'export.jsonl'), '--credentials', 'omit'],
    ];
    for (const variables of [env, { PROXYWHIRL_CACHE_ENCRYPTION_KEY: generateKey() }, {}]) {
      for (const command of commands) {
        for (const json of [[], ['--json']]) {
          const argv = ['--dir', directory, '--backend', backend, ...json, ...command];
          said.text(`pw-cache ${command[0]}`, await printed(argv, variables));
        }
      }
    }
    scanFiles(said, directory);
    said.expectNoMarker();
  });
});

async function printed(argv: readonly string[], env: Record<string, string>): Promise<string> {
  let text = '';
  const stream = () =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
  await run(argv, { stdout: stream(), stderr: stream(), env });
  return text;
}

it('a marked credential appears in no error', async () => {
  const said = new Said();
  const entry = CacheEntry.create({ proxyUrl });
  const bad = (input: object) => () => CacheEntry.create({ proxyUrl, ...input } as never);
  await said.failure('a wrong URL', bad({ proxyUrl: `${proxyUrl}/path/${password.text}` }));
  await said.failure('a wrong scheme', bad({ proxyUrl: `gopher://${user.text}:${password.text}@h:1` }));
  await said.failure('two users', bad({ username: 'another' }));
  await said.failure('two passwords', bad({ proxyUrl: 'http://ann:x@h:1', password: password.text }));
  await said.failure(
    'a password with half a surrogate pair',
    bad({ proxyUrl: 'http://h:1', password: `${password.text}\ud800` }),
  );
  await said.failure('a password in a list', bad({ proxyUrl: 'http://h:1', password: [password.text] }));
  await said.failure('a password for a count', bad({ accessCount: password.text }));
  await said.failure('a password for a state', bad({ healthStatus: password.text }));
  await said.failure('a password for a time', bad({ expiresAt: password.text }));
  await said.failure('a wrong change', () => entry.with({ ttlSeconds: password.text } as never));
  await said.failure('sealing without a cipher', () => entryToRecord(entry, undefined));
  await said.failure('an invalid secret', () => Secret.of([password.text] as never));
  await said.failure('an invalid key', () => new CredentialEncryptor({ key: password.text, env: {} }));
  await said.failure('an invalid configured key', () => openCache({ encryptionKey: password.text }, { env: {} }));
  await said.failure('an invalid older key', () => openCache({ previousEncryptionKeys: [password.text] }, { env: {} }));
  const env = { PROXYWHIRL_CACHE_ENCRYPTION_KEY: password.text };
  await said.failure('an invalid key in the environment', () => new CredentialEncryptor({ env }));
  const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
  await said.failure('a password for a token', () => cipher.decrypt(Buffer.from(password.text)));
  said.add('encryptor', cipher);
  said.add('a parsed URL', parseProxyUrl(`http://${user.text}:${password.text}@h`));
  said.expectNoMarker();
});

it('a marked credential in a damaged file, or in the message of a failing tier, is not repeated', async () => {
  const directory = temp();
  const said = new Said();
  const config = { ...configIn(directory, 'jsonl', generateKey()), l3Config: { enabled: false } };
  const first = await openCache(config, { env: {} });
  const bare = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
  await first.put(bare.key, bare);
  await first.close();
  const shard = readdirSync(config.l2CacheDir).find((name) => name.endsWith('.jsonl'))!;
  const record = { ...entryToRecord(bare, undefined), password: password.text };
  const lines = [
    `{"key":"x","password":"${password.text}"`,
    JSON.stringify({ ...record, key: 'y', fetch_time: password.text }),
  ];
  appendFileSync(join(config.l2CacheDir, shard), `${lines.join('\n')}\n`);
  const cache = await openCache(config, { env: {}, logger: said.logger });
  for (const key of ['x', 'y', bare.key]) said.add('get', await cache.get(key));
  said.add('statistics', cache.getStatistics());
  await cache.close();
  const logger = said.logger;
  const stack = await CacheManager.open({
    tiers: [new FailingTier({ logger }, `cannot store ${password.text}`)],
    logger,
  });
  onTestFinished(() => stack.close());
  stack.on('degraded', (event) => said.add('degraded', event));
  for (let i = 0; i < 5; i++) said.add('put', await stack.put(bare.key, bare));
  said.add('statistics', stack.getStatistics());
  expect(logger.lines.length).toBeGreaterThan(0);
  said.expectNoMarker();
});

it('finds planted credentials: the scan itself can fail', () => {
  const url = encodeURIComponent(password.text);
  const all = [
    password.text,
    url,
    Buffer.from(`x${password.text}`).toString('base64'),
    Buffer.from(password.text).toString('hex'),
  ];
  for (const text of [...all, Buffer.from(`ab:${password.text}`).toString('base64url')])
    expect(password.foundIn(`before ${text} after`), text).not.toEqual([]);
  expect(password.foundIn('nothing')).toEqual([]);
});
