import { isPromise } from '@pw/cache-models';

/** For an answer that nobody waits for: its rejection ends here. */
export function ignoreRejection(answer: unknown): void {
  if (isPromise(answer)) answer.then(undefined, () => {});
}
