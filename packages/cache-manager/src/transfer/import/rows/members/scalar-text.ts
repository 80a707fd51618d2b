import { trimInvisible } from '@pw/cache-models/tier';
import { MAX_FIELD_CHARACTERS } from '../../import-limits.ts';

/** The words that programs write for an absent value. */
const NOTHING: ReadonlySet<string> = new Set(['-', 'none', 'null', 'nan', 'n/a']);

/** A trimmed string, or the digits of a number; empty if absent, which some programs write as `None`. */
export function scalarOf(value: unknown): string {
  const text = textOf(value) ?? '';
  return text.length < 5 && NOTHING.has(text.toLowerCase()) ? '' : text;
}

/** Like {@link scalarOf}, but `None` is kept; `undefined` for a value that is neither string nor number. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value !== 'string') return undefined;
  // A longer string is refused later, so trimming it would be wasted.
  return value.length > MAX_FIELD_CHARACTERS ? value : trimInvisible(value.trim()).trim();
}
