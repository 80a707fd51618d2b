import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';

/**
 * Orders texts by their UTF-8 bytes, as SQLite's BINARY collation and most stores do. `<` goes by UTF-16 units, which
 * puts an emoji before the letters from U+E000 on.
 */
export function compareTexts(a: string, b: string): number {
  if (typeof a !== 'string') checkArgument('a', a, Kinds.text);
  if (typeof b !== 'string') checkArgument('b', b, Kinds.text);
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates stand for characters beyond U+FFFF, and go behind all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
