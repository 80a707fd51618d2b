import { describe, expect, it } from 'vitest';
import { unexplained } from '../src/check/linearizability.ts';
import type { Operation } from '../src/check/operation.ts';

const lives = new Map([
  ['a1', 1000],
  ['a2', 1000],
  ['brief', 25],
]);
let count = 0;

function operation(
  kind: Operation['kind'],
  id: string | null,
  start: number,
  end: number,
  more: Partial<Operation> = {},
) {
  return { kind, key: 'a', by: 0, n: count++, start, end, isOptional: false, id, fails: 0, ...more };
}

const isExplained = (...operations: Operation[]) => unexplained(operations, lives) === undefined;

describe('unexplained', () => {
  it('accepts a read of what was put', () => {
    expect(isExplained(operation('put', 'a1', 1, 2), operation('read', 'a1', 3, 4))).toBe(true);
  });

  it('rejects a read of what was there before', () => {
    const old = operation('read', 'a1', 5, 6);
    expect(unexplained([operation('put', 'a1', 1, 2), operation('put', 'a2', 3, 4), old], lives)).toBe(old);
  });

  it('accepts either value during a put', () => {
    const [first, second] = [operation('put', 'a1', 1, 2), operation('put', 'a2', 3, 9)];
    expect(isExplained(first, second, operation('read', 'a1', 4, 5), operation('read', 'a2', 6, 7))).toBe(true);
  });

  it('rejects the old value after the new one was read', () => {
    const [first, second] = [operation('put', 'a1', 1, 2), operation('put', 'a2', 3, 9)];
    expect(isExplained(first, second, operation('read', 'a2', 4, 5), operation('read', 'a1', 6, 7))).toBe(false);
  });

  it('accepts that a put without an answer never happened', () => {
    const unsure = operation('put', 'a2', 3, 4, { isOptional: true });
    expect(isExplained(operation('put', 'a1', 1, 2), unsure, operation('read', 'a1', 5, 6))).toBe(true);
  });

  it('rejects that a put without an answer happens after the end of its process', () => {
    const unsure = operation('put', 'a2', 3, 4, { isOptional: true });
    const reads = [operation('read', 'a1', 5, 6), operation('read', 'a2', 7, 8)];
    expect(isExplained(operation('put', 'a1', 1, 2), unsure, ...reads)).toBe(false);
  });

  it('accepts a miss after the record has expired', () => {
    expect(isExplained(operation('put', 'brief', 1, 2), operation('read', null, 20, 30))).toBe(true);
  });

  it('rejects a miss before the record has expired', () => {
    expect(isExplained(operation('put', 'brief', 1, 2), operation('read', null, 10, 20))).toBe(false);
  });

  it('rejects two updates that return the same count', () => {
    const updates = [operation('update', 'a1', 3, 4, { fails: 1 }), operation('update', 'a1', 3, 5, { fails: 1 })];
    expect(isExplained(operation('put', 'a1', 1, 2), ...updates)).toBe(false);
  });
});
