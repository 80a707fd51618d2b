import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNumber, isText } from '../accepts.ts';

/** Creates tiers, each in a separate folder, and removes the folder of a closed one. */
export class Folders {
  readonly #folders = new Map<object, string>();

  open<T extends object>(make: (folder: string) => T): T {
    const folder = mkdtempSync(join(tmpdir(), 'pw-nonsense-'));
    const tier = make(folder);
    this.#folders.set(tier, folder);
    return tier;
  }

  /** The folder of a tier. */
  of(tier: object): string {
    return this.#folders.get(tier)!;
  }

  close(tier: object): void {
    rmSync(this.of(tier), { recursive: true });
    this.#folders.delete(tier);
  }
}

/** A path that the system accepts, whether or not it exists. */
export function isPath(value: unknown): boolean {
  return isText(value) && value !== '' && !(value as string).includes('\0');
}

export function numberFrom(least: number, most = Number.POSITIVE_INFINITY): (value: unknown) => boolean {
  return (value) => isNumber(value) && (value as number) >= least && (value as number) <= most;
}

export function finiteFrom(least: number): (value: unknown) => boolean {
  return (value) => Number.isFinite(value) && (value as number) >= least;
}

export function isAbove0(value: unknown): boolean {
  return isNumber(value) && (value as number) > 0;
}
