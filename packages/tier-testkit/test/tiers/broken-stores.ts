/** The folders whose in-memory stores are currently broken. */
const broken = new Set<string>();

export function isBroken(directory: string): boolean {
  return broken.has(directory);
}

export function breakStore(directory: string): void {
  broken.add(directory);
}

export function mendStore(directory: string): void {
  broken.delete(directory);
}
