// A text, another value without members, or a character that must not be taken for what stands for one of them below.
const SCALARS =
  /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|s/gu;
const SPACE = /[ \t\r\n]+/g;
const INNERMOST = /\[(?:[0s](?:,[0s])*)?\]|\{(?:s:[0s](?:,s:[0s])*)?\}/g;

/**
 * True for what `JSON.parse` would take. For texts of a few characters: each level of brackets costs a pass. An exception of the parser takes as
 * long as importing a row, and a file of short lines could hold a great many of them.
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
