import { endOfQuote, withoutClosing } from './ends.ts';
import type { Mark } from './marks.ts';

// -U and -u of curl, also after other letters (-sSU); in a list of arguments, with quotes and commas in between.
const OPTION = /(?<![\w-])-(?:[a-z]{0,8}[uU](?:[ \t]{1,8}|["'`],?[ \t]{0,8}|=)|[uU])(["'`])?(?=[^\s"'`])/gi;

const SPACE = /\s/g;

/** Marks `user:password` after `-U` and `-u`. The long options are handled as named values. */
export function markCommandOptions(text: string, mark: Mark): void {
  for (let from = 0; ; ) {
    OPTION.lastIndex = from;
    const match = OPTION.exec(text);
    if (match === null) return;
    const start = match.index + match[0].length;
    from = endOfOptionValue(text, start, match[1]);
    const value = text.slice(start, from);
    if (value.includes(':') && !/^[a-z\d+.-]{1,32}:\/\//i.test(value)) mark(start, from);
  }
}

function endOfOptionValue(text: string, start: number, quote: string | undefined): number {
  // Long enough for any argument, and short enough that many open quotes stay cheap.
  const limit = Math.min(text.length, start + 256);
  const closing = quote === undefined ? -1 : endOfQuote(text, start, limit, quote, false);
  if (closing >= 0) return closing;
  SPACE.lastIndex = start;
  return withoutClosing(text, start, SPACE.exec(text)?.index ?? text.length);
}
