import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const PACKAGES = [
  '@pw/cache-cli',
  '@pw/cache-crypto',
  '@pw/cache-manager',
  '@pw/cache-models',
  '@pw/tier-jsonl',
  '@pw/tier-memory',
  '@pw/tier-sqlite',
];

/** What a library could change in its host's process: listeners, and functions of `process` and `fs`. */
const PROGRAM = `
const facts = () => ({
  listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
  functions: [process.emit, process.reallyExit, process.exit, process.kill, process.cwd, fs.close, fs.closeSync],
  symbols: Object.getOwnPropertySymbols(fs).length,
});
import fs from 'node:fs';
const before = facts();
await import(process.argv[1]);
const after = facts();
const changed = Object.keys(before).filter((name) =>
  name === 'functions' ? before[name].some((item, i) => item !== after[name][i]) : JSON.stringify(before[name]) !== JSON.stringify(after[name]));
console.log(JSON.stringify(changed));
`;

describe('importing a package', () => {
  it.each(PACKAGES)('does not change its host’s process: %s', (name) => {
    const args = ['--conditions=@pw/source', '--input-type=module', '--eval', PROGRAM, name];
    const out = execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
    expect(JSON.parse(out)).toEqual([]);
  });
});
