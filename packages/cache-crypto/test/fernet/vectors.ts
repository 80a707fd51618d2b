import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface GenerateVector {
  readonly token: string;
  readonly now: string;
  readonly iv: readonly number[];
  readonly src: string;
  readonly secret: string;
}

export interface VerifyVector {
  readonly token: string;
  readonly now: string;
  readonly ttl_sec: number;
  readonly src: string;
  readonly secret: string;
}

export type InvalidVector = Omit<VerifyVector, 'src'> & { readonly desc: string };

/** Tokens that Python's `cryptography` made with one key; `time` is their creation in epoch seconds. */
export interface PythonVectors {
  readonly key: string;
  readonly tokens: readonly { readonly text: string; readonly time: number; readonly token: string }[];
}

/** A file of test vectors: generate, verify and invalid are those of github.com/fernet/spec. */
export function readVectors<T>(name: 'generate' | 'verify' | 'invalid' | 'python'): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'vectors', `${name}.json`), 'utf8')) as T;
}
