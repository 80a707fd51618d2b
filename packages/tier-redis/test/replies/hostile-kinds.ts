import type { Socket } from 'node:net';
import { flood, type Script } from '@pw/test-support';

type Answer = (words: readonly string[], socket: Socket) => string | undefined;

const text = (value: string): string => `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
const listOf = (items: readonly string[]): string => `*${items.length}\r\n${items.join('')}`;
const page = (cursor: string, names: readonly string[]): string => listOf([text(cursor), listOf(names.map(text))]);

/**
 * A server that is just complete enough for a tier to open. It never deletes anything, and replies to a script with a 1
 * for each of its names.
 */
function soundAnswer(stored: Map<string, string>): Answer {
  return (words, socket) => {
    const [name, first = '', second = ''] = words;
    if (name === 'HELLO') return `%3\r\n${['server', 'redis', 'version', '7.2.0', 'proto'].map(text).join('')}:3\r\n`;
    if (name === 'SET' && words.includes('GET')) return '_\r\n';
    if (name === 'SET') stored.set(first, second);
    if (name === 'MGET')
      return listOf(words.slice(1).map((one) => (stored.has(one) ? text(stored.get(one)!) : '_\r\n')));
    if (name === 'EXISTS') return `:${words.slice(1).filter((one) => stored.has(one)).length}\r\n`;
    if (name === 'SCAN')
      return page(
        '0',
        [...stored.keys()].filter((one) => one.startsWith('pw:{proxies}:e:')),
      );
    if (name === 'EVALSHA') return listOf(Array.from({ length: Number(second) }, () => ':1\r\n'));
    // A cluster with one node: this server.
    if (name === 'CLUSTER')
      return listOf([listOf([':0\r\n', ':16383\r\n', listOf([text('127.0.0.1'), `:${socket.localPort}\r\n`])])]);
    if (name === 'SCRIPT') return text('0'.repeat(40));
    if (name === 'CLIENT' && first === 'INFO') return text('id=1 addr=127.0.0.1:1');
    if (name === 'CLIENT' && first === 'KILL') return ':0\r\n';
    return '+OK\r\n';
  };
}

/** A correct server, except for what `wrong` changes. */
const soundExcept = (wrong: (sound: Answer) => Answer) => (): Script => {
  const sound = soundAnswer(new Map());
  const answer = wrong(sound);
  return {
    command: (words, socket) => {
      const bytes = answer(words, socket);
      if (bytes !== undefined) socket.write(bytes);
    },
  };
};

const SETTING_UP: ReadonlySet<string> = new Set(['HELLO', 'AUTH', 'CLIENT', 'CLUSTER', 'SCRIPT']);
const isSetUp = (words: readonly string[]): boolean => SETTING_UP.has(words[0]!) || words.includes('NX');

/** Behaves correctly until the tier is open, then replies to everything in the same way. */
const onceOpen = (wrong: Answer) =>
  soundExcept((sound) => (words, socket) => (isSetUp(words) ? sound : wrong)(words, socket));
/** Replies to everything in the same way, from the first command on. */
const always = (wrong: Answer) => soundExcept(() => wrong);
const scanning = (pageOf: (cursor: string) => string) =>
  soundExcept((sound) => (words, socket) => (words[0] === 'SCAN' ? pageOf(words[1]!) : sound(words, socket)));

/** Sends some bytes, then others without end. */
const endlessly = (start: string, more: () => Buffer | string): Answer => {
  return (_words, socket) => {
    socket.write(start);
    flood(socket, more);
    return undefined;
  };
};

const FILL = Buffer.alloc(64 * 1024, 'x');
const DIGITS = Buffer.alloc(64 * 1024, '9');
let names = 0;
const freshNames = () => Array.from({ length: 1000 }, () => `pw:{proxies}:e:${'n'.repeat(100)}${++names}`);

/** Sends the correct reply byte by byte, with a pause after each. */
function drip(words: readonly string[], socket: Socket, sound: Answer): undefined {
  const bytes = Buffer.from(sound(words, socket) ?? '');
  let at = 0;
  const timer = setInterval(() => {
    if (at === bytes.length || !socket.writable) clearInterval(timer);
    else socket.write(bytes.subarray(at, ++at));
  }, 100);
  return undefined;
}

/** Once the tier is open, flips one bit of each reply, a different one each time. */
function flipped(sound: Answer): Answer {
  let place = 0;
  return (words, socket) => {
    const bytes = Buffer.from(sound(words, socket) ?? '');
    const at = Math.floor(place / 8) % bytes.length;
    if (!isSetUp(words)) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (place % 8)), at);
    place += 11;
    socket.write(bytes);
    return undefined;
  };
}

/** Once the tier is open, sends each pair of replies in reverse order. */
function swapped(sound: Answer): Answer {
  let held: string | undefined;
  return (words, socket) => {
    const bytes = sound(words, socket);
    if (isSetUp(words)) return bytes;
    if (held === undefined) {
      held = bytes;
      return undefined;
    }
    const both = `${bytes}${held}`;
    held = undefined;
    return both;
  };
}

/** Hostile servers by what they do. */
export const HOSTILE_KINDS: Readonly<Record<string, () => Script>> = {
  'accepts and never answers': () => ({}),
  'closes immediately': () => ({ connected: (socket) => void socket.destroy() }),
  'closes in the middle of a reply': onceOpen((_words, socket) => void socket.end('*2\r\n$100\r\nabc')),
  'announces an endless string, and sends it': onceOpen(endlessly('$999999999999\r\n', () => FILL)),
  'announces an endless string in reply to the first command': always(endlessly('$999999999999\r\n', () => FILL)),
  'announces lists of billions of members': onceOpen(() => '*4000000000\r\n'),
  'announces thousands of large nested lists': onceOpen(() => '*33000000\r\n'.repeat(5000)),
  'announces lists of negative length': onceOpen(() => '*-5\r\n'),
  'nests lists 100,000 deep': onceOpen(() => '*1\r\n'.repeat(100_000)),
  'sends an endless error': onceOpen(endlessly('-ERR ', () => FILL)),
  'sends an endless number': onceOpen(endlessly(':', () => DIGITS)),
  'replies with garbage': always(() => 'hello?\0\u0007\r\n\r\n'),
  'speaks HTTP': () => ({
    connected: (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
  }),
  'replies to everything with a number': onceOpen(() => ':7\r\n'),
  'replies to everything with a list': always(() => listOf([':1\r\n', '_\r\n'])),
  'replies to each command twice': soundExcept((sound) => (words, socket) => (sound(words, socket) ?? '').repeat(2)),
  'flips a bit in each reply': soundExcept(flipped),
  'replies in the wrong order': soundExcept(swapped),
  'sends one byte every 100 ms': soundExcept((sound) => (words, socket) => drip(words, socket, sound)),
  'redirects every command endlessly': onceOpen((_words, socket) => `-MOVED 1 127.0.0.1:${socket.localPort}\r\n`),
  'replies to HELLO with nonsense': soundExcept(
    (sound) => (words, socket) =>
      words[0] === 'HELLO' ? listOf([text('proto'), '#t\r\n', ',inf\r\n']) : sound(words, socket),
  ),
  'floods with pushed messages': onceOpen(
    endlessly('', () =>
      listOf([text('invalidate'), listOf([text('pw:{proxies}:e:k')])])
        .replace('*', '>')
        .repeat(500),
    ),
  ),
  'returns empty pages of names endlessly': scanning((cursor) => page(String(Number(cursor) + 1), [])),
  'returns the same page of names endlessly': scanning(() => page('7', ['pw:{proxies}:e:k'])),
  'returns new names endlessly': scanning((cursor) => page(String(Number(cursor) + 1), freshNames())),
  'returns names outside the namespace': scanning(() => page('0', ['pw:{others}:e:k', 'secret'])),
  'never finishes loading': always(() => '-LOADING Redis is loading the dataset in memory\r\n'),
  'queues every command and never runs it': onceOpen(() => '+QUEUED\r\n'),
  'returns values that are too long': onceOpen((words) =>
    words[0] === 'SCAN'
      ? page('0', ['pw:{proxies}:e:k'])
      : `*2\r\n$${8 * 2 ** 20}\r\n${'v'.repeat(8 * 2 ** 20)}\r\n_\r\n`,
  ),
};

/** The kinds that are also run against a cluster client. */
export const HOSTILE_CLUSTERS = [
  'accepts and never answers',
  'closes in the middle of a reply',
  'announces an endless string, and sends it',
  'nests lists 100,000 deep',
  'replies to everything with a list',
  'replies to each command twice',
  'redirects every command endlessly',
  'returns empty pages of names endlessly',
];
