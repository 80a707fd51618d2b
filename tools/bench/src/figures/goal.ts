import type { Figure } from './figure.ts';
import { formatRatio, formatValue } from './format.ts';
import { median, quantile } from './statistics.ts';

export type Verdict = 'met' | 'missed';

/** A goal and its outcome. */
export interface GoalResult {
  readonly goal: string;
  readonly figure: string;
  /** The figure as a multiple of the goal's limit: at 1 the goal is just met; less is better. */
  readonly used: number;
  readonly verdict: Verdict;
  /** True if the middle half of the rounds is on both sides of the goal, so that another run may end differently. */
  readonly close: boolean;
}

/** A goal, judged by the figures of its scenario. */
export interface Goal {
  readonly judge: (figures: readonly Figure[]) => GoalResult;
}

/** `of` takes at most `times` times as long as `against`. */
export function atMost(of: string, times: number, against: string): Goal {
  return {
    judge: (figures) => {
      const ratios = pairedRatios(find(figures, of), find(figures, against));
      return judged(`${of} ≤ ${formatRatio(times)} ${against}`, ratios, (ratio) => ratio / times, formatRatio);
    },
  };
}

/** `of` is at least `times` as fast as `against`. */
export function timesFaster(of: string, times: number, against: string): Goal {
  return {
    judge: (figures) => {
      const ratios = pairedRatios(find(figures, against), find(figures, of));
      const text = `${of} at least ${formatRatio(times)} faster than ${against}`;
      return judged(text, ratios, (ratio) => times / ratio, formatRatio);
    },
  };
}

/** `of` is at least `times` as large as `against`, for figures where more is better. */
export function atLeast(of: string, times: number, against: string): Goal {
  return {
    judge: (figures) => {
      const ratios = pairedRatios(find(figures, of), find(figures, against));
      return judged(`${of} ≥ ${formatRatio(times)} ${against}`, ratios, (ratio) => times / ratio, formatRatio);
    },
  };
}

/** `of` is at most `limit` in its own unit: for sizes, and for limits from the requirements. */
export function within(of: string, limit: number): Goal {
  return {
    judge: (figures) => {
      const { samples, unit } = find(figures, of);
      const show = (value: number) => formatValue(value, unit);
      return judged(`${of} ≤ ${show(limit)}`, samples, (value) => value / limit, show);
    },
  };
}

/**
 * From the smallest size to the largest, `of` grows at most `slack` times as much as `than`. Their figures are named
 * `name, size`. Both include the cost of CPU caches that no longer fit the data.
 */
export function growsLike(of: string, than: string, slack: number): Goal {
  return {
    judge: (figures) => {
      const growthOf = (name: string): number[] => {
        const sizes = figures.filter((figure) => figure.name.startsWith(`${name}, `));
        return pairedRatios(sizes.at(-1)!, sizes[0]!);
      };
      const theirs = growthOf(than);
      const ratios = growthOf(of).map((growth, i) => growth / theirs[i]!);
      const text = `${of} grows ≤ ${formatRatio(slack)} as much as ${than}`;
      return judged(text, ratios, (ratio) => ratio / slack, formatRatio);
    },
  };
}

/** Ratios within each round: a slow phase of the machine affects both sides. */
function pairedRatios(above: Figure, below: Figure): number[] {
  if (above.samples.length !== below.samples.length) return [ratioOf(above.value, below.value)];
  return above.samples.map((sample, i) => ratioOf(sample, below.samples[i]!));
}

/** Equal values have the ratio 1, also 0 and 0. */
function ratioOf(above: number, below: number): number {
  return above === below ? 1 : above / below;
}

function judged(
  goal: string,
  values: readonly number[],
  usedBy: (value: number) => number,
  show: (value: number) => string,
): GoalResult {
  const middle = median(values);
  const good = (value: number) => usedBy(value) <= 1;
  const close = good(quantile(values, 0.25)) !== good(quantile(values, 0.75));
  return { goal, figure: show(middle), used: usedBy(middle), verdict: good(middle) ? 'met' : 'missed', close };
}

function find(figures: readonly Figure[], name: string): Figure {
  const figure = figures.find((candidate) => candidate.name === name);
  if (figure === undefined) throw new Error(`a goal refers to ${name}, but no contender has this name`);
  return figure;
}
