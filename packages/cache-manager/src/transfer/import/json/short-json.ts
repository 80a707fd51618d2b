// A string, another scalar, or a stray `s`, which must not be mistaken for the `s` that replaces strings below.
const SCALARS =
  /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|s/gu;
const SPACE = /[ \t\r\n]+/g;
const INNERMOST = /\[(?:[0s](?:,[0s])*)?\]|\{(?:s:[0s](?:,s:[0s])*)?\}/g;

/**
 * True if `JSON.parse` would accept the text. Avoids the parser's exceptions: one takes as long as importing a row, and
 * a file may have a great many short invalid lines. Only for short strings, because each level of brackets costs a
 * pass.
 */
export function isShortJson(text: string): boolean {
  let rest = text.replace(SCALARS, symbolOf).replace(SPACE, '');
  for (let before = ''; rest !== before; ) {
    before = rest;
    rest = rest.replace(INNERMOST, '0');
  }
  return rest === '0' || rest === 's';
}

function symbolOf(scalar: string): string {
  if (scalar === 's') return '!';
  return scalar.startsWith('"') ? 's' : '0';
}
