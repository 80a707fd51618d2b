/** A mebibyte of short texts. */
const BYTES = Buffer.from(JSON.stringify(Array.from({ length: 150_000 }, (_, i) => `a${i % 1000}`)));
/** Milliseconds that the reference machine takes to decode and parse them. */
const REFERENCE_MS = 14;

/**
 * So many milliseconds of the reference machine, or as many more as this machine, as it is at the moment, is slower than that. For bounds in
 * milliseconds: ask when the bound is needed, as a shared machine is not as fast in every minute.
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
