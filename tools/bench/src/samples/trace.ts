import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { seededRandom, zipfIndices } from './random.ts';

/** A sequence of requests for items, which are numbered from 0 to `items` - 1. */
export interface Trace {
  readonly name: string;
  readonly about: string;
  readonly items: number;
  readonly requests: Uint32Array;
}

/** All traces. The synthetic ones have about `length` requests and are the same in every run. */
export function allTraces(length: number, items: number): Trace[] {
  return [zipf(length, items), scan(length, items), loop(length, items), shifting(length, items), recorded()];
}

function zipf(length: number, items: number): Trace {
  const requests = zipfIndices(items, length, seededRandom(21));
  return { name: 'zipf', about: 'a few items receive most requests, and they never change', items, requests };
}

/**
 * A zipf trace of twenty parts; in every second part, every second request is for an item that is not requested again.
 */
function scan(length: number, items: number): Trace {
  const random = seededRandom(22);
  const popular = zipfIndices(items >> 1, length, random);
  const cold = items - (items >> 1);
  let next = 0;
  const requests = popular.map((item, i) => {
    const scanning = Math.floor((i * 20) / length) % 2 === 1 && i % 2 === 0;
    return scanning ? (items >> 1) + (next++ % cold) : item;
  });
  return { name: 'scan', about: 'zipf, interrupted by scans of items that are requested once', items, requests };
}

function loop(length: number, items: number): Trace {
  const requests = Uint32Array.from({ length }, (_, i) => i % items);
  return { name: 'loop', about: 'all items in turn, repeatedly', items, requests };
}

/** A zipf trace in which the popular items change with each eighth. */
function shifting(length: number, items: number): Trace {
  const requests = new Uint32Array(length);
  const part = Math.ceil(length / 8);
  for (let start = 0; start < length; start += part) {
    const size = Math.min(part, length - start);
    requests.set(zipfIndices(items, size, seededRandom(23 + start)), start);
  }
  return { name: 'shifting', about: 'zipf, with popular items that change eight times', items, requests };
}

/** 42,025 lookups of 3,722 files, recorded while a compiler checked the types of one workspace after the other. */
function recorded(): Trace {
  const bytes = gunzipSync(readFileSync(join(import.meta.dirname, '..', '..', 'traces', 'file-lookups.u16.gz')));
  const requests = Uint32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(i * 2));
  const items = requests.reduce((most, item) => Math.max(most, item), 0) + 1;
  return { name: 'recorded', about: 'lookups of files by a compiler, one workspace after the other', items, requests };
}
