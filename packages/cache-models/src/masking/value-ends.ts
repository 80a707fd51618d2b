import { endOfLine, endOfQuote, isQuote, withoutClosing } from './ends.ts';

const SCHEME = /(?:basic|bearer|digest|ntlm|negotiate|kerberos|token|apikey)[ \t]/iy;
const SCHEME_AND_TOKEN =
  /(?:basic|bearer|ntlm|negotiate|kerberos|token|apikey)[ \t]{1,16}[\w.~+/=-]+(?=[\s"'`,;)}\]>]|$)/iy;
// An `&` may be part of a password, unless a name and an `=` follow.
const STOP = /\s|[&;](?=[\w.[\]%-]{0,64}=)|["'`](?=[\s,;:)}\]>]|$)/g;
const NAME_AND_SIGN = /^\w{1,40}=/;
const VARIABLE = /(?:^|[\n\r])(?:export )?[A-Z\d_]{1,64}$/;

/** Maximum distance to the closing quote of an argument such as `'--password=two words'`. */
const QUOTED_ARGUMENT = 256;

/** The end of an unquoted value at `start`, whose name is at `name`. */
export function endOfValue(text: string, start: number, name: number): number {
  SCHEME.lastIndex = start;
  if (SCHEME.test(text)) return endOfHeader(text, start, name);
  const quoted = endOfArgument(text, start, name);
  if (quoted >= 0) return quoted;
  if (isVariable(text, start, name)) return endOfLine(text, start);
  STOP.lastIndex = start;
  return withoutClosing(text, start, STOP.exec(text)?.index ?? text.length);
}

/**
 * The end of the value of a header: after the token of a scheme that has only one, otherwise at the end of the line.
 */
export function endOfHeader(text: string, start: number, name: number): number {
  SCHEME_AND_TOKEN.lastIndex = start;
  if (SCHEME_AND_TOKEN.test(text)) return SCHEME_AND_TOKEN.lastIndex;
  const quoted = endOfArgument(text, start, name);
  return quoted < 0 ? endOfLine(text, start) : quoted;
}

/** The end of an argument whose opening quote is before the name; -1 if there is none. */
function endOfArgument(text: string, start: number, name: number): number {
  const before = /(\\?)(["'`])[\w-]{0,64}$/.exec(text.slice(Math.max(0, name - 66), name));
  if (before === null) return -1;
  const limit = Math.min(text.length, start + QUOTED_ARGUMENT);
  return endOfQuote(text, start, limit, before[2]!, before[1] !== '');
}

/** True for a line `NAME=value` of an environment, whose value extends to the end of the line. */
function isVariable(text: string, start: number, name: number): boolean {
  const [whole] = NAME_AND_SIGN.exec(text.slice(name, start)) ?? [];
  return whole !== undefined && VARIABLE.test(text.slice(Math.max(0, name - 73), name + whole.length - 1));
}

/** The end of a list whose opening bracket is at `start`: its closing bracket, or the end of the line. */
export function endOfBrackets(text: string, start: number): number {
  const closing = text[start] === '[' ? ']' : ')';
  const line = endOfLine(text, start);
  for (let i = start + 1; i < line; i++) {
    const char = text[i]!;
    if (char === closing) return i;
    if (!isQuote(char)) continue;
    const end = endOfQuote(text, i + 1, line, char, text[i - 1] === '\\');
    if (end < 0) return line;
    i = end;
  }
  return line;
}
