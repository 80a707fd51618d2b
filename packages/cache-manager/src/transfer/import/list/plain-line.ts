import type { PlainLineOptions, PlainLineResult } from './plain-line-result.ts';
import { readLine } from './read-line.ts';
import { FORMS, PORT_REASONS, SEVERAL } from './token/reasons.ts';

export type { PlainLineOptions, PlainLineResult } from './plain-line-result.ts';

/**
 * Reads a string with exactly one endpoint, in any form of a list line (see {@link readLine}). Fails if text after the
 * endpoint may be a user or password. A host without a dot (`squid:3128`) looks like a heading (`Total:402`), so it
 * needs `bareNames`. Reasons never quote the string: even `name:12345` may be a user and a password.
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
