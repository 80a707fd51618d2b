import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../workspace.ts';
import { trackedFiles } from './tracked-files.ts';

/** A retired word, as a regular expression, and what to write instead. */
export interface RetiredWord {
  readonly find: string;
  readonly write: string;
}

export interface RetiredWordUse {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly found: string;
  readonly write: string;
}

interface RetiredWordTable {
  /** Found in any case, also across a line break. */
  readonly phrases: readonly RetiredWord[];
  /** Found in exactly this case at the beginning of a name, and in kebab case at the beginning of a file name. */
  readonly identifiers: readonly RetiredWord[];
}

export const RETIRED_WORDS = readJson<RetiredWordTable>(join(import.meta.dirname, 'retired-words.json'));

const CHECKED = /\.(?:[cm]?[jt]s|md|jsonc?|ya?ml)$|^\.ci\//;
/** Text that is not ours, and the two files that list retired words. */
const EXCEPTED =
  /(?:^|\/)(?:fixtures|data|patches)\/|CHANGELOG\.md$|pnpm-lock\.yaml$|^docs\/dictionary\.md$|\/retired-words\.json$/;
/** The gap between two words of a phrase: blanks, or a line break and the comment mark of the next line. */
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
