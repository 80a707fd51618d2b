import { ConformanceError } from '../contract/conformance-error.ts';

/** Waits for a promise; fails if it does not settle in time. */
export async function within<T>(milliseconds: number, what: string, promise: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const received = `nothing within ${milliseconds} ms`;
      reject(new ConformanceError({ what, expected: 'an answer', received, rule: 'settles' }));
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
