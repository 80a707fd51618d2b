import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { inspect } from 'node:util';
import type { TierModule } from '../subject/tier-module.ts';

/** An encoding in which a secret can be recognised. */
interface Spelling {
  readonly how: string;
  readonly bytes: Buffer;
}

/** Searches for secrets, in clear and in reversible encodings. */
export class SecretTraces {
  readonly #spellings: readonly Spelling[];

  /**
   * The secrets must be long and distinctive: some encodings are searched for without their first and last characters.
   */
  constructor(secrets: readonly string[]) {
    this.#spellings = secrets.flatMap(spellingsOf);
  }

  /** How a secret is encoded in a string or in bytes; `undefined` if there is none. Never the secret itself. */
  in(value: string | Uint8Array): string | undefined {
    const bytes =
      typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return this.#spellings.find((spelling) => bytes.includes(spelling.bytes))?.how;
  }

  /** The same for an object, or an error with its causes, as it is printed or serialised to JSON. */
  inObject(value: unknown): string | undefined {
    const shown = inspect(value, { depth: 10, showHidden: true, maxArrayLength: null, maxStringLength: null });
    return this.in(shown) ?? this.in(asJson(value));
  }

  /** The same for the contents and names of all files that a tier wrote: "in base64 in entries.json". */
  async inFiles(module: TierModule, directory: string): Promise<string | undefined> {
    const paths = (await module.storedFiles?.(directory)) ?? (await filesBelow(directory));
    for (const path of paths) {
      const how = this.in(await readFile(path)) ?? this.in(relative(directory, path));
      if (how !== undefined) return `${how} in ${relative(directory, path)}`;
    }
    return undefined;
  }
}

function spellingsOf(secret: string): Spelling[] {
  const bytes = Buffer.from(secret);
  const escaped = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const units = [...secret].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const texts: readonly (readonly [string, string])[] = [
    ['in clear', secret],
    ['backwards', [...secret].reverse().join('')],
    ['in percent escapes', encodeURIComponent(secret)],
    ['in percent escapes', escaped],
    ['in percent escapes', escaped.toUpperCase()],
    ['in JSON escapes', units],
    ['in hex', bytes.toString('hex')],
    ['in hex', bytes.toString('hex').toUpperCase()],
    ['as a list of bytes', [...bytes].join(',')],
    ['in swapped case', swapCase(secret)],
    ...inBase64(bytes, 'base64'),
    ...inBase64(bytes, 'base64url'),
  ];
  const utf16 = Buffer.from(secret, 'utf16le');
  return [
    ...texts.map(([how, text]) => ({ how, bytes: Buffer.from(text) })),
    { how: 'in UTF-16', bytes: utf16 },
    { how: 'in UTF-16', bytes: Buffer.from(utf16).swap16() },
  ];
}

/** Inside a longer base64 string, a secret may begin at any of the three byte offsets of a group. */
function inBase64(secret: Buffer, encoding: 'base64' | 'base64url'): (readonly [string, string])[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), secret])
      .toString(encoding)
      .replace(/=+$/, '');
    // The first and last groups also encode neighbouring bytes.
    return ['in base64', text.slice(before === 0 ? 0 : 4, -3)];
  });
}

function swapCase(text: string): string {
  return text.replace(/[a-z]+|[A-Z]+/g, (run) => (run === run.toLowerCase() ? run.toUpperCase() : run.toLowerCase()));
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}
