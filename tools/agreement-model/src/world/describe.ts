import { FAIL, TIMED_OUT } from './call.ts';

/** An answer, as a trace shows it. */
export function describe(value: unknown): string {
  if (value === FAIL) return 'FAIL';
  if (value === TIMED_OUT) return 'no answer in time';
  if (value === undefined || value === null) return 'none';
  if (value instanceof Set) return `{${[...value].join()}}`;
  if (value instanceof Map) return `{${[...value].map(([key, one]) => `${key}: ${describe(one)}`).join(', ')}}`;
  if (Array.isArray(value)) return `[${value.map(describe).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  if ('id' in value && 'fails' in value && 'ver' in value) return `${value.id}:${value.fails} v${value.ver}`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== 'function');
  return members.map(([name, member]) => `${name}=${describe(member)}`).join(' ');
}
