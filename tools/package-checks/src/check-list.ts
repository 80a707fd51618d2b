/**
 * Runs checks one after another, even after failures, and prints a line for each. A failure sets the exit status to 1.
 */
export class CheckList {
  #passed = 0;
  #failed = 0;

  get failed(): number {
    return this.#failed;
  }

  async check(name: string, work: () => unknown): Promise<void> {
    try {
      await work();
      this.#passed++;
      console.log(`  ok    ${name}`);
    } catch (error) {
      this.#failed++;
      const text = error instanceof Error ? error.message : String(error);
      console.log(`  FAIL  ${name}\n${text.replace(/^/gm, '        ')}`);
    }
  }

  /** Prints the totals. A list without checks fails, because it proved nothing. */
  finish(what: string): void {
    console.log(`${what}: ${this.#passed} of ${this.#passed + this.#failed} checks passed`);
    if (this.#failed > 0 || this.#passed === 0) process.exitCode = 1;
  }
}
