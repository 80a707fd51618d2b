import type { PlainLineOptions, PlainLineResult } from './plain-line-result.ts';
import { readLine } from './read-line.ts';
import { FORMS, PORT_REASONS, SEVERAL } from './token/reasons.ts';

export type { PlainLineOptions, PlainLineResult } from './plain-line-result.ts';

/**
 * Reads the one endpoint of a text, in any of the shapes of a list (see {@link readLine}), but with nothing behind it that might be a user or a
 * password. A single name (`squid:3128`) has the shape of a heading (`Total:402`), and is a host only if `bareNames` says so. A reason quotes
 * nothing: even `name:12345` may be a user with a password.
 */
export function parsePlainLine(given: string, options: PlainLineOptions): PlainLineResult {
  let first: PlainLineResult | undefined;
  for (const result of readLine(given.trim(), { ...options, isField: true })) {
    if (result === undefined) continue;
    if (first?.ok === true || (first !== undefined && result.ok)) return { ok: false, fate: 'failed', reason: SEVERAL };
    first ??= result;
  }
  if (first === undefined) return { ok: false, fate: 'skipped', reason: FORMS };
  return first.ok || !PORT_REASONS.has(first.reason) ? first : { ...first, fate: 'skipped' };
}
