import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRetiredWords, RETIRED_WORDS, retiredWordsIn } from '../../src/source/retired-words.ts';
import { workspaceRoot } from '../../src/workspace.ts';
import { plantRepository } from './planted-repository.ts';

// Put together here, so that this file does not use the words itself.
const AGAIN = ['an', 'ew'].join('');
const WITHOUT_END = ['for', 'ever'];
const OLD_NAME = ['Key', 'Lock'].join('');

describe('retiredWordsIn', () => {
  it('names the line of a retired word and the word to write instead', () => {
    const [use, ...others] = retiredWordsIn('a.ts', `// One.\n// The file is read ${AGAIN} here.\n`);
    expect(use).toMatchObject({ file: 'a.ts', line: 2, found: AGAIN });
    expect(use?.write).toContain('again');
    expect(others).toEqual([]);
  });

  it('finds a phrase in any case', () => {
    expect(retiredWordsIn('a.md', `${WITHOUT_END.join(' ').toUpperCase()}.`)).toHaveLength(1);
  });

  it.each(['\n * ', '\n  // ', '\n', '  '])('finds a phrase that %j divides', (gap) => {
    const [use] = retiredWordsIn('a.ts', `waits ${WITHOUT_END.join(gap)}.`);
    expect(use?.found).toBe(WITHOUT_END.join(' '));
  });

  it('finds a retired name, longer names that begin with it, and names of files', () => {
    const text = `new ${OLD_NAME}(); new ${OLD_NAME}Options(); import './${['key', 'lock'].join('-')}.ts';`;
    expect(retiredWordsIn('a.ts', text)).toHaveLength(3);
  });

  it('does not find a retired word inside another word', () => {
    expect(retiredWordsIn('a.ts', `c${AGAIN}al, My${OLD_NAME}`)).toEqual([]);
  });
});

describe('findRetiredWords', () => {
  it('reads sources, Markdown and settings, but neither fixtures nor changelogs nor the lock file', () => {
    const read = ['docs/page.md', 'packages/a/src/a.ts', 'packages/a/test/a.test.ts', 'settings.jsonc'];
    const passed = ['packages/a/CHANGELOG.md', 'packages/a/fixtures/list.json', 'pnpm-lock.yaml', 'picture.svg'];
    const root = plantRepository(Object.fromEntries([...read, ...passed].map((file) => [file, `${AGAIN}\n`])));
    expect(findRetiredWords(root).map(({ file }) => file)).toEqual(read);
  });
});

describe('docs/dictionary.md', () => {
  const dictionary = readFileSync(join(workspaceRoot, 'docs/dictionary.md'), 'utf8');

  it.each([...RETIRED_WORDS.phrases, ...RETIRED_WORDS.identifiers])('lists $find', ({ find, write }) => {
    expect(dictionary).toContain(`| \`${find.replaceAll('|', '\\|')}\` | ${write} |`);
  });
});
