import type { RawRecord } from '../lines/raw-record.ts';

/** Members that a read changes, and the checksum over them. */
const OF_ACCESS: ReadonlySet<string> = new Set(['access_count', 'last_accessed', 'evicted_from_l1', 'checksum']);

/** True if two records differ, and in access metadata only. Equal ones were put twice. */
export function differInAccessOnly(one: RawRecord | undefined, other: RawRecord | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  if (one['checksum'] === other['checksum']) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const name of names) if (!OF_ACCESS.has(name) && !isSame(one[name], other[name])) return false;
  return true;
}

/** A list or an object is compared as text: labels are written in one order only. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other;
  return JSON.stringify(one) === JSON.stringify(other);
}
