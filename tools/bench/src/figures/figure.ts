import type { Measurement, Role } from './measurement.ts';
import { median, quantile, spread } from './statistics.ts';

/** The result of a contender. */
export interface Figure {
  readonly name: string;
  readonly role: Role;
  readonly unit: string;
  /** Median of the samples. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** The interquartile range as a share of the median. */
  readonly spread: number;
  /** One number per round, in the order of the rounds. */
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

/** A figure named `name, column`, split into its parts. */
export interface Cell {
  readonly name: string;
  readonly column: string;
  readonly figure: Figure;
}

/** Splits the names of figures at their last comma. */
export function cellsOf(figures: readonly Figure[]): Cell[] {
  return figures.map((figure) => {
    const at = figure.name.lastIndexOf(', ');
    return { name: figure.name.slice(0, at), column: figure.name.slice(at + 2), figure };
  });
}
