import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../workspace.ts';
import { trackedFiles } from './tracked-files.ts';

/** A word that is not written any more, as a regular expression, and what to write instead. */
export interface RetiredWord {
  readonly find: string;
  readonly write: string;
}

export interface RetiredWordUse {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly found: string;
  readonly write: string;
}

interface RetiredWordTable {
  /** Found in any case, also where a line break divides them. */
  readonly phrases: readonly RetiredWord[];
  /** Found in this case as the beginning of a name, and as the beginning of a file's name in kebab case. */
  readonly identifiers: readonly RetiredWord[];
}

export const RETIRED_WORDS = readJson<RetiredWordTable>(join(import.meta.dirname, 'retired-words.json'));

const CHECKED = /\.(?:[cm]?[jt]s|md|jsonc?|ya?ml)$|^\.ci\//;
/** Fixtures and data are not ours to word; the other two are where retired words are listed. */
const EXCEPTED =
  /(?:^|\/)(?:fixtures|data|patches)\/|CHANGELOG\.md$|pnpm-lock\.yaml$|^docs\/dictionary\.md$|\/retired-words\.json$/;
/** What may stand between two words of a phrase: blanks, or the end of a line and the next one's comment mark. */
const GAP = String.raw`(?:[ \t]+|[ \t]*\r?\n[ \t]*(?:\*|//|>)?[ \t]*)`;

const PATTERNS = [
  ...RETIRED_WORDS.phrases.map(({ find, write }) => ({
    pattern: new RegExp(String.raw`\b(?:${find.replaceAll(' ', GAP)})\b`, 'gi'),
    write,
  })),
  ...RETIRED_WORDS.identifiers.map(({ find, write }) => ({
    pattern: new RegExp(`(?<![A-Za-z0-9])(?:${find}|${kebabCase(find)}(?=[./-]))`, 'g'),
    write,
  })),
];

/** Every use of a retired word in the comments, strings, names and Markdown of a repository. */
export function findRetiredWords(root: string): RetiredWordUse[] {
  return trackedFiles(root)
    .filter((file) => CHECKED.test(file) && !EXCEPTED.test(file))
    .flatMap((file) => retiredWordsIn(file, readFileSync(join(root, file), 'utf8')));
}

export function retiredWordsIn(file: string, text: string): RetiredWordUse[] {
  const uses = PATTERNS.flatMap(({ pattern, write }) =>
    [...text.matchAll(pattern)].map((match) => ({
      file,
      line: text.slice(0, match.index).split('\n').length,
      found: match[0].replaceAll(/\s+(?:(?:\*|\/\/|>)\s+)?/g, ' '),
      write,
    })),
  );
  return uses.sort((a, b) => a.line - b.line);
}

function kebabCase(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
