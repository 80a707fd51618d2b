import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';

/**
 * Compares two strings by their UTF-8 bytes, as SQLite's BINARY collation and most stores do; for
 * `Array.prototype.sort`. The operator `<` compares UTF-16 units instead, which sorts an emoji before the characters
 * from U+E000 on.
 */
export function compareTexts(a: string, b: string): number {
  if (typeof a !== 'string') checkArgument('a', a, Kinds.string);
  if (typeof b !== 'string') checkArgument('b', b, Kinds.string);
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates encode characters beyond U+FFFF, which sort after all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
