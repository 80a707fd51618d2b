import { describe, expect, it } from 'vitest';
import { checkOperations } from '../../src/stack/operations/check-operations.ts';
import type { Found, Operation, Stall } from '../../src/stack/operations/operation.ts';

/** Times are in milliseconds. */
function operation(
  kind: Operation['kind'],
  found: Found | boolean,
  begin: number,
  end: number,
  process = 0,
): Operation {
  return { kind, key: 'a', process, begin: begin * 1e6, end: end * 1e6, found };
}

const entry = (id: string, checks = 0, failures = 0): Found => ({ id, checks, failures });

function isExplained(operations: readonly Operation[], stalenessMs = 100, stalls: readonly Stall[] = []): boolean {
  return checkOperations(operations, () => stalls, { stalenessMs, slackMs: 0 }).length === 0;
}

describe('the checker of operations', () => {
  it('accepts a read of what was put', () => {
    expect(isExplained([operation('put', entry('x'), 1, 2), operation('get', entry('x'), 3, 4)])).toBe(true);
  });

  const replaced = [operation('put', entry('x'), 1, 2), operation('put', entry('y'), 3, 4)];

  it('accepts the old value within the lag of another process', () => {
    expect(isExplained([...replaced, operation('get', entry('x'), 90, 91, 1)])).toBe(true);
  });

  it('rejects the old value after the lag', () => {
    expect(isExplained([...replaced, operation('get', entry('x'), 110, 111, 1)])).toBe(false);
  });

  it('accepts the old value after a time in which the process did not run', () => {
    const stalls = [{ from: 50e6, to: 90e6 }];
    expect(isExplained([...replaced, operation('get', entry('x'), 110, 111, 1)], 100, stalls)).toBe(true);
  });

  it('rejects the old value in the process that replaced it', () => {
    expect(isExplained([...replaced, operation('get', entry('x'), 5, 6)])).toBe(false);
  });

  it('rejects any lag if each read must ask', () => {
    expect(isExplained([...replaced, operation('get', entry('x'), 5, 6, 1)], 0)).toBe(false);
  });

  it('accepts what another process wrote during an own change', () => {
    const changes = [operation('put', entry('x'), 1, 9), operation('put', entry('y'), 2, 3, 1)];
    for (const id of ['x', 'y']) expect(isExplained([...changes, operation('get', entry(id), 10, 11)])).toBe(true);
  });

  it('rejects two checks that return the same count', () => {
    const checks = [operation('record', entry('x', 1), 3, 5), operation('record', entry('x', 1), 4, 6, 1)];
    expect(isExplained([operation('put', entry('x'), 1, 2), ...checks])).toBe(false);
  });

  it('rejects a check that is missing in a later read', () => {
    const check = operation('record', entry('x', 1), 3, 4);
    expect(isExplained([operation('put', entry('x'), 1, 2), check, operation('get', entry('x'), 5, 6)])).toBe(false);
  });

  it('expects the third failure to remove the entry', () => {
    const failures = [3, 5, 7].map((at) => operation('invalidate', null, at, at + 1));
    const history = [operation('put', entry('x'), 1, 2), ...failures];
    expect(isExplained([...history, operation('has', false, 9, 10)])).toBe(true);
    expect(isExplained([...history, operation('has', true, 9, 10)])).toBe(false);
  });
});
