import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Fernet, generateKey, MultiFernet } from '@pw/cache-crypto';

// Exchanges tokens and keys with the installed version of Python's `cryptography`, in both directions.
// Needs a python3 that has it: Debian's package python3-cryptography, or pip's cryptography.

const TEXTS = ['', 'x', 'exactly16bytes!!', 'ü密🔑\0\n', '~!@#$%^&*()_+{}|:<>?', 'é'.repeat(5000), '\ufeffmark'];
const RANDOM = 500;

const PROGRAM = `
import base64, json, sys
import cryptography
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
given = json.load(sys.stdin)
ours = Fernet(given["key"])
own_key = Fernet.generate_key()
def refused(token):
    try:
        ours.decrypt(token)
        return False
    except InvalidToken:
        return True
print(json.dumps({
    "version": cryptography.__version__,
    "opened": [base64.b64encode(ours.decrypt(token)).decode() for token in given["tokens"]],
    "times": [ours.extract_timestamp(token) for token in given["tokens"]],
    "rotated": [MultiFernet([Fernet(given["next"]), ours]).rotate(token.encode()).decode() for token in given["tokens"][:20]],
    "refused": [refused(token) for token in given["wrong"]],
    "key": own_key.decode(),
    "sealed": [Fernet(own_key).encrypt(base64.b64decode(text)).decode() for text in given["texts"]],
}))`;

interface Answer {
  readonly version: string;
  readonly opened: readonly string[];
  readonly times: readonly number[];
  readonly rotated: readonly string[];
  readonly refused: readonly boolean[];
  readonly key: string;
  readonly sealed: readonly string[];
}

function pythonWithCryptography(): string {
  for (const python of ['/usr/bin/python3', 'python3'])
    if (spawnSync(python, ['-c', 'import cryptography.fernet']).status === 0) return python;
  throw new Error('found no python3 with the package cryptography: install python3-cryptography');
}

function ask(python: string, question: object): Answer {
  const { status, stdout, stderr } = spawnSync(python, ['-c', PROGRAM], {
    input: JSON.stringify(question),
    maxBuffer: 2 ** 28,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`python failed: ${stderr}`);
  return JSON.parse(stdout) as Answer;
}

function same(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${what}: the results differ`);
}

function flipped(token: string): string {
  const bytes = Buffer.from(token);
  // The last base64 character of the MAC may contain unused bits; one in the middle does not.
  bytes[bytes.length >> 1] = bytes[bytes.length >> 1] === 0x41 ? 0x42 : 0x41;
  return bytes.toString();
}

const python = pythonWithCryptography();
const plain = [
  ...TEXTS.map((text) => Buffer.from(text)),
  ...Array.from({ length: RANDOM }, (_, length) => randomBytes(length)),
];
const texts = plain.map((bytes) => bytes.toString('base64'));
const [key, next] = [generateKey(), generateKey()];
const [ours, after] = [new Fernet(key), new MultiFernet([next])];
const tokens = plain.map((bytes) => String(ours.encrypt(bytes)));
const wrong = [...tokens.slice(0, 50).map(flipped), ...tokens.slice(0, 50).map((token) => token.slice(0, -8))];
const answer = ask(python, { key, next, tokens, texts, wrong });

same('ours, opened by Python', answer.opened, texts);
same(
  'creation times, read by Python',
  answer.times.map((time) => time * 1e3),
  tokens.map((token) => ours.extractTimestamp(token)),
);
same(
  'ours, rotated by Python',
  answer.rotated.map((token) => Buffer.from(after.decrypt(token)).toString('base64')),
  texts.slice(0, 20),
);
same(
  'damaged tokens, refused by Python',
  answer.refused,
  wrong.map(() => true),
);
const theirs = new Fernet(answer.key);
same(
  'Python’s, opened by ours',
  answer.sealed.map((token) => Buffer.from(theirs.decrypt(token)).toString('base64')),
  texts,
);
console.log(`${plain.length} tokens each way with cryptography ${answer.version} of ${python}: all agree`);
