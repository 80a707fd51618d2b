import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * Records the changes of a client in a file outside the store, to which any number of clients append: a line before
 * each change and a line when it is answered, each with its time. `parseHistory` reads the file.
 */
export class HistoryWriter {
  readonly #fd: number;
  readonly #client: string;
  #number = 0;

  constructor(path: string, client: string) {
    this.#fd = openSync(path, 'a', 0o600);
    this.#client = client;
  }

  /**
   * Makes a change and records its outcome: acknowledged if `change` resolves to true; otherwise, or if it throws,
   * refused, and the result is false.
   */
  note(key: string, value: string, change: () => Promise<boolean>): Promise<boolean> {
    return this.noteAll([[key, value]], async () => [await change()]);
  }

  /** Like `note`, for changes that are answered together. False if one was refused. */
  async noteAll(
    changes: readonly (readonly [key: string, value: string])[],
    change: () => Promise<readonly boolean[]>,
  ): Promise<boolean> {
    const first = this.#number;
    this.#number += changes.length;
    this.#write(changes.map(([key, value], at) => ({ number: first + at, what: 'begin', key, value })));
    const done = await change().catch((): boolean[] => []);
    this.#write(changes.map((_, at) => ({ number: first + at, what: done[at] === true ? 'done' : 'refused' })));
    return changes.every((_, at) => done[at] === true);
  }

  /** Records that the client is dead: its pending changes end here. */
  died(): void {
    this.#write([{ what: 'died' }]);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(lines: readonly object[]): void {
    const at = Number(process.hrtime.bigint());
    writeSync(this.#fd, lines.map((line) => `${JSON.stringify({ client: this.#client, at, ...line })}\n`).join(''));
  }
}
