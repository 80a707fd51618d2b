import { type ProxyRecord, recordChecksum } from '@pw/cache-models';
import { RECORD_MEMBERS } from '@pw/cache-models/tier';

/**
 * True if a line, or the part of it from the beginning of one record to the last brace before the next, contains the
 * entry undamaged: its checksum matches its values, or it has none, like ProxyWhirl's updates.
 */
export function containsEntry(line: Buffer, served: { readonly key: string; readonly source: string }): boolean {
  const text = line.toString('utf8');
  const stretches = text.split(/(?=\{"key":)/).map((stretch) => stretch.slice(0, stretch.lastIndexOf('}') + 1));
  return [text, ...stretches].some((stretch) => {
    const record = parse(stretch);
    if (record?.key !== served.key || record.source !== served.source) return false;
    const { checksum } = record as { checksum?: unknown };
    const isPlain = RECORD_MEMBERS.every((name) => typeof (record[name] ?? 0) !== 'object');
    return checksum === undefined || (isPlain && checksum === recordChecksum(record));
  });
}

/** True for a line that is not JSON and contains no record that could be recovered. */
export function isUnreadable(line: Buffer): boolean {
  const text = line.toString('latin1');
  return text.trim() !== '' && !text.includes('"checksum":') && parse(line.toString('utf8')) === undefined;
}

function parse(text: string): Partial<ProxyRecord> | undefined {
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as Partial<ProxyRecord>;
  } catch {
    return undefined;
  }
}
