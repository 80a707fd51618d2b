/** A mebibyte of short strings, as JSON. */
const BYTES = Buffer.from(JSON.stringify(Array.from({ length: 150_000 }, (_, i) => `a${i % 1000}`)));
/** Milliseconds that the reference machine takes to decode and parse these bytes. */
const REFERENCE_MS = 14;

/**
 * Scales a bound in milliseconds, which was chosen on the reference machine, by how much slower this machine currently
 * is; a faster machine does not reduce it. Call it when the bound is needed: the speed of a shared machine varies from
 * minute to minute.
 */
export function onThisMachine(ms: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    JSON.parse(BYTES.toString('utf8'));
    least = Math.min(least, performance.now() - started);
  }
  return ms * Math.max(1, least / REFERENCE_MS);
}
