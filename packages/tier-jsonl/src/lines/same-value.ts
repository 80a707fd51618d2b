import type { RawRecord } from './raw-record.ts';

/** Members that a read changes, and the checksum over them. */
const OF_ACCESS: ReadonlySet<string> = new Set(['access_count', 'last_accessed', 'evicted_from_l1', 'checksum']);

/** True if two records differ in access metadata only. */
export function isSameValue(one: RawRecord | undefined, other: RawRecord | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const name of names) if (!OF_ACCESS.has(name) && !isSame(one[name], other[name])) return false;
  return true;
}

/** A list or an object is compared as text: labels are written in one order only. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other;
  return JSON.stringify(one) === JSON.stringify(other);
}
