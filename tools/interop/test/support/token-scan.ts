import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CredentialEncryptor } from '@pw/cache-crypto';
import type { Secret } from '@pw/cache-models';

/** A cipher that records each of its tokens with the plain text. */
export class RecordingEncryptor extends CredentialEncryptor {
  readonly made: { readonly text: string; readonly token: string }[] = [];

  override encrypt(...args: Parameters<CredentialEncryptor['encrypt']>): Uint8Array {
    const token = super.encrypt(...args);
    this.made.push({ text: (args[0] as Secret).reveal(), token: Buffer.from(token).toString('latin1') });
    return token;
  }
}

/** The beginning of a token is its creation time, which many tokens share. */
const PIECES_FROM = 20;
const PIECE = 32;
/** The length of the pieces that are searched for. */
const INDEXED = 8;

/** Finds pieces of tokens in the files below a directory, plain or in hex: database pages may split a token. */
export function filesWithTokens(directory: string, tokens: Iterable<string>): string[] {
  const pieces = new Map<string, Set<string>>();
  for (const token of tokens) {
    for (let at = PIECES_FROM; at + PIECE <= token.length; at += PIECE) {
      const piece = token.slice(at, at + PIECE);
      for (const spelled of [piece, Buffer.from(piece, 'latin1').toString('hex')]) {
        const start = spelled.slice(0, INDEXED);
        pieces.set(start, (pieces.get(start) ?? new Set()).add(spelled));
      }
    }
  }
  const found: string[] = [];
  for (const path of filesBelow(directory)) {
    const text = readFileSync(path, 'latin1');
    let count = 0;
    for (let at = 0; at < text.length; at++) {
      const candidates = pieces.get(text.slice(at, at + INDEXED));
      if (candidates === undefined) continue;
      for (const piece of candidates) if (text.startsWith(piece, at)) count++;
    }
    if (count > 0) found.push(`${relative(directory, path)}: ${count}`);
  }
  return found;
}

/** Finds whole tokens that a key opens in the files below a directory, plain or in hex. */
export function filesWithTokensOf(directory: string, cipher: CredentialEncryptor): string[] {
  return filesBelow(directory).flatMap((path) => {
    const text = readFileSync(path, 'latin1');
    const hex = Array.from(text.matchAll(/674141414141(?:[0-9a-f]{2})+/g), ([token]) =>
      Buffer.from(token, 'hex').toString(),
    );
    const plain = Array.from(text.matchAll(/gAAAAA[\w-]+={0,2}/g), ([token]) => token);
    const opened = [...hex, ...plain].filter((token) => opens(cipher, token));
    return opened.length === 0 ? [] : [`${relative(directory, path)}: ${opened.length}`];
  });
}

function opens(cipher: CredentialEncryptor, token: string): boolean {
  try {
    cipher.decrypt(Buffer.from(token));
    return true;
  } catch {
    return false;
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}
