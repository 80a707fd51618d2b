import { MAX_INSTANT, MIN_INSTANT } from '@pw/cache-models/tier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CellTable, EXPIRED, NONE, numberOf, wordsOf } from '../src/cell-table.ts';
import { RESERVED_CELLS, TimingWheel } from '../src/timing-wheel.ts';

class Fixture {
  readonly table = new CellTable(RESERVED_CELLS, Number.POSITIVE_INFINITY);
  readonly wheel = new TimingWheel(this.table);
  readonly cells = new Map<number, number>();

  add(deadline: number): number {
    const cell = this.table.take();
    this.table.numbers[numberOf(cell)] = deadline;
    this.wheel.add(cell);
    this.cells.set(cell, deadline);
    return cell;
  }

  remove(cell: number): void {
    this.wheel.remove(cell);
    this.table.release(cell);
    this.cells.delete(cell);
  }

  /** The deadlines that the wheel considers expired. */
  expired(): number[] {
    const marked = [...this.cells].filter(([cell]) => this.table.words[wordsOf(cell) + EXPIRED] === 1);
    expect(marked.length).toBe(this.wheel.expiredCount);
    return marked.map(([, deadline]) => deadline).sort((a, b) => a - b);
  }

  passed(now: number): number[] {
    return [...this.cells.values()].filter((deadline) => now >= deadline).sort((a, b) => a - b);
  }
}

const near = fc.double({ min: 1_780_000_000_000, max: 1_780_000_100_000, noNaN: true });
const instant = fc.oneof(near, fc.double({ min: MIN_INSTANT, max: MAX_INSTANT, noNaN: true }));

describe('TimingWheel', () => {
  it('expires exactly the cells whose deadline has passed, from the year 1 to 9999, forwards and backwards', () => {
    const act = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(fc.constant('add' as const), instant) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('move' as const), instant) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('remove' as const), fc.nat()) },
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200, size: 'max' }), (acts) => {
        const fixture = new Fixture();
        for (const [name, value] of acts) {
          if (name === 'add') fixture.add(value);
          else if (name === 'remove' && fixture.cells.size > 0)
            fixture.remove([...fixture.cells.keys()][value % fixture.cells.size]!);
          else if (name === 'move') {
            fixture.wheel.moveTo(value);
            expect(fixture.expired()).toEqual(fixture.passed(value));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('distinguishes fractions of a millisecond', () => {
    const fixture = new Fixture();
    for (const part of [0, 0.25, 0.5, 0.75]) fixture.add(1_780_000_000_000 + part);
    for (const [part, count] of [
      [-0.25, 0],
      [0, 1],
      [0.3, 2],
      [0.5, 3],
      [0.74, 3],
      [1, 4],
    ] as const) {
      fixture.wheel.moveTo(1_780_000_000_000 + part);
      expect(fixture.wheel.expiredCount).toBe(count);
    }
  });

  it('never expires an infinite or NaN deadline, and accepts any clock', () => {
    const fixture = new Fixture();
    fixture.add(Number.POSITIVE_INFINITY);
    fixture.add(Number.NaN);
    fixture.add(Number.NEGATIVE_INFINITY);
    for (const now of [0, MAX_INSTANT, 1e300, Number.NaN, MIN_INSTANT, -1e300]) {
      fixture.wheel.moveTo(now);
      expect(fixture.wheel.expiredCount).toBe(1);
    }
    fixture.wheel.remove(fixture.wheel.firstExpired());
    expect(fixture.wheel.firstExpired()).toBe(NONE);
  });
});
