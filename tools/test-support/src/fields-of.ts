interface EntryLike {
  toFields(): Readonly<Record<string, unknown>>;
}

/**
 * Entries as plain objects, with their access counts and with their secrets in plain text; in lists, Maps and plain
 * objects too. Compare these: the counts and the secrets of an entry are private state, which `toEqual` does not see.
 */
export function fieldsOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isEntry(value)) return mapValues(value.toFields(), revealed);
  if (Array.isArray(value)) return value.map(fieldsOf);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, fieldsOf(item)]));
  return Object.getPrototypeOf(value) === Object.prototype ? mapValues(value, fieldsOf) : value;
}

function isEntry(value: object): value is EntryLike {
  return typeof (value as Partial<EntryLike>).toFields === 'function';
}

function revealed(value: unknown): unknown {
  const secret = value as { reveal?(): string } | null | undefined;
  return typeof secret?.reveal === 'function' ? { revealed: secret.reveal() } : value;
}

function mapValues(object: object, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
