import { endOfLine, endOfQuote, isQuote, withoutClosing } from './ends.ts';

const SCHEME = /(?:basic|bearer|digest|ntlm|negotiate|kerberos|token|apikey)[ \t]/iy;
const SCHEME_AND_TOKEN =
  /(?:basic|bearer|ntlm|negotiate|kerberos|token|apikey)[ \t]{1,16}[\w.~+/=-]+(?=[\s"'`,;)}\]>]|$)/iy;
// An `&` may be a part of a password; before a name and an `=` it is none.
const STOP = /\s|[&;](?=[\w.[\]%-]{0,64}=)|["'`](?=[\s,;:)}\]>]|$)/g;
const NAME_AND_SIGN = /^\w{1,40}=/;
const VARIABLE = /(?:^|[\n\r])(?:export )?[A-Z\d_]{1,64}$/;

/** Longest way to a quote that closes an argument such as `'--password=two words'`. */
const QUOTED_ARGUMENT = 256;

/** Where a value ends that is not quoted and stands behind the name at `name`. */
export function endOfValue(text: string, start: number, name: number): number {
  SCHEME.lastIndex = start;
  if (SCHEME.test(text)) return endOfHeader(text, start, name);
  const quoted = endOfArgument(text, start, name);
  if (quoted >= 0) return quoted;
  if (isVariable(text, start, name)) return endOfLine(text, start);
  STOP.lastIndex = start;
  return withoutClosing(text, start, STOP.exec(text)?.index ?? text.length);
}

/** Where the value of a header ends: behind the token of a scheme that has but one, else with the line. */
export function endOfHeader(text: string, start: number, name: number): number {
  SCHEME_AND_TOKEN.lastIndex = start;
  if (SCHEME_AND_TOKEN.test(text)) return SCHEME_AND_TOKEN.lastIndex;
  const quoted = endOfArgument(text, start, name);
  return quoted < 0 ? endOfLine(text, start) : quoted;
}

/** The end of an argument whose opening quote stands before the name; -1 if there is none. */
function endOfArgument(text: string, start: number, name: number): number {
  const before = /(\\?)(["'`])[\w-]{0,64}$/.exec(text.slice(Math.max(0, name - 66), name));
  if (before === null) return -1;
  const limit = Math.min(text.length, start + QUOTED_ARGUMENT);
  return endOfQuote(text, start, limit, before[2]!, before[1] !== '');
}

/** True for a line `NAME=value` of an environment: the rest of it is the value. */
function isVariable(text: string, start: number, name: number): boolean {
  const [whole] = NAME_AND_SIGN.exec(text.slice(name, start)) ?? [];
  return whole !== undefined && VARIABLE.test(text.slice(Math.max(0, name - 73), name + whole.length - 1));
}

/** Where a list ends whose bracket stands at `start`: at the bracket that closes it, or with the line. */
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
