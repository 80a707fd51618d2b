/**
 * An iterator over a generator whose `return` is heard at once, also while the generator works on the next value: by itself it
 * would be heard when that one is there.
 */
export function abandonable<T>(values: AsyncGenerator<T>, abandon: () => void): AsyncIterableIterator<T> {
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
