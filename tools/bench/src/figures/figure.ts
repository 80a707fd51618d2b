import type { Measurement, Role } from './measurement.ts';
import { median, quantile, spread } from './statistics.ts';

/** What a contender came to. */
export interface Figure {
  readonly name: string;
  readonly role: Role;
  readonly unit: string;
  /** Median of the samples. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Distance of the quartiles as a share of the median. */
  readonly spread: number;
  /** One number a round, in the order of the rounds. */
  readonly samples: readonly number[];
}

export function toFigure({ name, role, unit, samples }: Measurement): Figure {
  return {
    name,
    role,
    unit,
    value: median(samples),
    min: quantile(samples, 0),
    max: quantile(samples, 1),
    spread: spread(samples),
    samples,
  };
}

/** A figure called `name, column`, taken apart. */
export interface Cell {
  readonly name: string;
  readonly column: string;
  readonly figure: Figure;
}

/** Takes the names of figures apart at their last comma and space. */
export function cellsOf(figures: readonly Figure[]): Cell[] {
  return figures.map((figure) => {
    const at = figure.name.lastIndexOf(', ');
    return { name: figure.name.slice(0, at), column: figure.name.slice(at + 2), figure };
  });
}
