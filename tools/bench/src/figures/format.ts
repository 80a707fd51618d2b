const TIMES: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [0, 'ns'],
];

/** At most three significant digits after rounding, without an exponent. */
function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return digits === 0 ? Math.round(value).toLocaleString('en') : value.toFixed(Math.min(digits, 4));
}

/** A value with its unit; nanoseconds in a suitable unit. */
export function formatValue(value: number, unit: string): string {
  if (unit === 'share') return `${formatNumber(value * 100)} %`;
  if (unit !== 'ns') return `${formatNumber(value)} ${unit}`;
  const [size, name] = TIMES.find(([least]) => value >= least) ?? [1, 'ns'];
  return `${formatNumber(value / (size || 1))} ${name}`;
}

export function formatRatio(ratio: number): string {
  return `${formatNumber(ratio)}×`;
}
