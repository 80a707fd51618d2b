import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { undocumentedOptions } from '../../src/editor/undocumented-options.ts';
import { publicEntries } from '../../src/workspace.ts';

describe('an editor shows, for every option of', () => {
  it.each(publicEntries().map(({ name, types }) => [name, types]))('%s, what it is and its default', (_name, types) => {
    expect(undocumentedOptions(types)).toEqual([]);
  });
});

describe('an option is reported', () => {
  const found = (members: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'pw-options-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'index.d.ts'), `export interface Options {\n${members}\n}`);
    return undocumentedOptions(join(folder, 'index.d.ts'));
  };

  it('without a description', () => {
    expect(found('a?: number')).toEqual(['Options.a: no description']);
  });

  it('without a default', () => {
    expect(found('/** A number. */ a?: number')).toEqual(['Options.a: no default']);
  });

  it('unless it has a @default, or a sentence about it', () => {
    expect(
      found('/** A.\n @default 5 */\n a?: number;\n /** B. Default: none. */\n b?: number;\n /** C. */\n c: number'),
    ).toEqual([]);
  });
});
