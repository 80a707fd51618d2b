import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import type { StageTier } from '@pw/agreement-model';
import { CacheStorageError } from '@pw/cache-models';

/** An operation on its way. */
export interface Operation {
  readonly number: number;
  /** For the trace. */
  readonly name: string;
  /** How many steps it may still take. */
  steps: number;
  /** Lets it go on if it has stopped before a step. */
  resume: (() => void) | undefined;
  /** True if a tier could not be reached meanwhile. */
  sawFail: boolean;
}

/** What a tier throws that is off. */
export class PlantedOutage extends CacheStorageError {}

/** Turns of the event loop without a call of a tier after which nothing goes on by itself. */
const STILL_TURNS = 4;

/** Where the operations of a process stop: before each call of a persistent tier, which is a step. */
export class StepGate {
  readonly #operations = new AsyncLocalStorage<Operation>();
  readonly #down: ReadonlySet<StageTier>;
  readonly #onStep: (operation: Operation, step: string) => void;
  #calls = 0;
  #unanswered = 0;

  constructor(down: ReadonlySet<StageTier>, onStep: (operation: Operation, step: string) => void) {
    this.#down = down;
    this.#onStep = onStep;
  }

  /** Runs an operation, whose calls of tiers then are its steps. */
  run<T>(operation: Operation, work: () => T): T {
    return this.#operations.run(operation, work);
  }

  /** Calls a tier, once the operation may take this step. What belongs to no operation never stops. */
  pass<T>(tier: StageTier, step: string, work: () => T): T | Promise<Awaited<T>> {
    const operation = this.#operations.getStore();
    if (operation === undefined) return this.call(tier, work);
    this.#onStep(operation, `${tier}.${step}`);
    if (operation.steps-- > 0) return this.call(tier, work);
    const { promise, resolve } = Promise.withResolvers<void>();
    operation.resume = () => {
      operation.resume = undefined;
      operation.steps--;
      resolve();
    };
    return promise.then(() => this.call(tier, work)) as Promise<Awaited<T>>;
  }

  /** Calls a tier. Throws if it is off. */
  call<T>(tier: StageTier, work: () => T): T {
    this.#calls++;
    if (this.#down.has(tier)) {
      const operation = this.#operations.getStore();
      if (operation !== undefined) operation.sawFail = true;
      throw new PlantedOutage(`${tier}: planted outage`, { tier });
    }
    return this.watch(work());
  }

  /** Counts an answer of a tier that is still to come. */
  watch<T>(answer: T): T {
    if (!(answer instanceof Promise)) return answer;
    this.#unanswered++;
    const settled = () => void this.#unanswered--;
    answer.then(settled, settled);
    return answer;
  }

  /** Resolves once nothing goes on without a further step or a timer. */
  async isStill(): Promise<void> {
    for (let turns = 0; turns < STILL_TURNS; ) {
      const before = this.#calls;
      await setImmediate();
      turns = this.#unanswered === 0 && this.#calls === before ? turns + 1 : 0;
    }
  }
}
