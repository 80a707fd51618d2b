import { SECRET_MASK } from '@pw/cache-models';
import type { RowCredentials } from './row-credentials.ts';

/**
 * Reads credentials as ProxyWhirl does: empty and falsy values count as absent, and a number becomes its digits. The
 * mask that ProxyWhirl's export writes for every credential counts as absent too: as a password it would lock the user
 * out.
 */
export function readFullRecordCredentials(row: Readonly<Record<string, unknown>>): RowCredentials {
  const notes: string[] = [];
  const read = (name: string): string | null => {
    const value = row[name];
    if (value === SECRET_MASK) {
      notes.push(`${name} is masked in the file and was left out`);
      return null;
    }
    if (typeof value === 'string') return value === '' ? null : value;
    if (typeof value === 'number') return value === 0 ? null : String(value);
    if (value !== null && value !== undefined && value !== false) {
      notes.push(`${name} is not a string and was left out`);
    }
    return null;
  };
  return { username: read('username'), password: read('password'), notes };
}
