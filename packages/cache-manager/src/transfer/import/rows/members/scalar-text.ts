import { trimInvisible } from '@pw/cache-models';
import { MAX_FIELD_CHARACTERS } from '../../import-limits.ts';

/** What programs write where there is nothing. */
const NOTHING: ReadonlySet<string> = new Set(['-', 'none', 'null', 'nan', 'n/a']);

/** A text without what is around it, or the digits of a number; empty for nothing, which some programs write as `None`. */
export function scalarOf(value: unknown): string {
  const text = textOf(value) ?? '';
  return text.length < 5 && NOTHING.has(text.toLowerCase()) ? '' : text;
}

/** As {@link scalarOf}, but `None` is a text; `undefined` for what is neither. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value !== 'string') return undefined;
  // A longer one is nothing that is read, whatever is around it.
  return value.length > MAX_FIELD_CHARACTERS ? value : trimInvisible(value.trim()).trim();
}
