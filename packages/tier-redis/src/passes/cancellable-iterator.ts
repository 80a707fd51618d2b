/**
 * Wraps a generator so that `return()` takes effect immediately, even while the generator is producing its next value.
 * A plain generator would queue `return()` behind that value.
 */
export function cancellableIterator<T>(values: AsyncGenerator<T>, abandon: () => void): AsyncIterableIterator<T> {
  return {
    next: () => values.next(),
    return: () => {
      abandon();
      return values.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
