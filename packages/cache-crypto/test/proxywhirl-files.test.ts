import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordToEntry } from '@pw/cache-models';
import { type ExpectedEntry, fixtureKeys, fixturePath, readFixtureJson } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { CredentialEncryptor } from '../src/index.ts';

interface StoredLine {
  readonly key: string;
  readonly username_encrypted?: string;
  readonly password_encrypted?: string;
}

function readLines(folder: string): StoredLine[] {
  const directory = fixturePath(folder);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StoredLine);
}

const { current, previous } = fixtureKeys();
const open = (encryptor: CredentialEncryptor, hex: string | undefined) =>
  hex === undefined ? null : encryptor.decrypt(Buffer.from(hex, 'hex')).reveal();

describe("ProxyWhirl's files", () => {
  it('open with their key: every username and password is the same as in ProxyWhirl', () => {
    const encryptor = new CredentialEncryptor({ key: current, env: {} });
    const { entries } = readFixtureJson<{ entries: Record<string, ExpectedEntry> }>('l2_jsonl.expected.json');
    const lines = readLines('l2_jsonl');
    expect(lines.length).toBe(200);
    expect(lines.filter((line) => line.password_encrypted !== undefined).length).toBeGreaterThan(50);
    for (const line of lines) {
      expect(open(encryptor, line.username_encrypted)).toBe(entries[line.key]!.username);
      expect(open(encryptor, line.password_encrypted)).toBe(entries[line.key]!.password);
      expect(recordToEntry(line, encryptor).password?.reveal() ?? null).toBe(entries[line.key]!.password);
    }
  });

  it('of a rotation open with both keys, and keyOf returns which key made each token', () => {
    const expected = readFixtureJson<{
      entries: Record<string, ExpectedEntry>;
      encrypted_with_previous_key: string[];
    }>('l2_jsonl_rotated.expected.json');
    const both = new CredentialEncryptor({ key: current, previousKeys: [previous], env: {} });
    const alone = new CredentialEncryptor({ key: current, env: {} });
    const older = new Set(expected.encrypted_with_previous_key);
    let tokens = 0;
    for (const line of readLines('l2_jsonl_rotated')) {
      expect(open(both, line.password_encrypted)).toBe(expected.entries[line.key]!.password);
      if (line.password_encrypted === undefined) continue;
      tokens++;
      const token = Buffer.from(line.password_encrypted, 'hex');
      expect(both.keyOf(token)).toBe(older.has(line.key) ? 'previous' : 'current');
      expect(alone.keyOf(token)).toBe(older.has(line.key) ? undefined : 'current');
    }
    expect(tokens).toBeGreaterThan(20);
  });
});
