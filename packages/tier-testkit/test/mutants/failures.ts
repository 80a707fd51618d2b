import type { CacheEntry } from '@pw/cache-models';
import { MapTier } from '../tiers/map-tier.ts';
import { PromiseMapTier } from '../tiers/promise-map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

export const failureMutants: readonly Mutant[] = [
  plant(
    'faults-thrown',
    'Throws the errors of its store.',
    ['failures', 'answers as for a miss when its store is broken'],
    class extends MapTier {
      override recover<T>(error: unknown): T {
        this.handleFailure(error);
        throw error;
      }
    },
  ),
  plant(
    'faults-rejected',
    'Rejects with the errors of its store.',
    ['failures', 'answers as for a miss when its store is broken'],
    class extends PromiseMapTier {
      protected override run<T>(fallback: T, work: () => T, failed?: () => void): Promise<T> {
        if (!this.enabled) return Promise.resolve(fallback);
        return super.run(fallback, () => this.#orRemember(work), failed).finally(() => this.#throwIt());
      }
      #fault: unknown;
      #orRemember<T>(work: () => T): T {
        try {
          return work();
        } catch (error) {
          this.#fault = error;
          throw error;
        }
      }
      #throwIt(): void {
        const fault = this.#fault;
        this.#fault = undefined;
        if (fault !== undefined) throw fault;
      }
    },
  ),
  plant(
    'faults-uncounted',
    'Answers as for a miss after a fault, but does not count it.',
    ['failures', 'switches off when its store stays broken'],
    class extends MapTier {
      override recover<T>(_error: unknown, fallback: T): T {
        return fallback;
      }
    },
  ),
  plant(
    'faulty-put-true',
    'Returns true from a failed put.',
    ['failures', 'answers as for a miss when its store is broken'],
    class extends MapTier {
      override put(key: string, entry: CacheEntry): boolean {
        return super.put(key, entry) || this.enabled;
      }
    },
  ),
  plant(
    'faulty-delete-true',
    'Returns true from a failed delete.',
    ['failures', 'answers as for a miss when its store is broken'],
    class extends MapTier {
      override delete(key: string): boolean {
        const before = this.totalFailures;
        return super.delete(key) || this.totalFailures > before;
      }
    },
  ),
  plant(
    'failures-never-reset',
    'Does not reset the failure count on success.',
    ['failures', 'resets the failure count on success'],
    class extends MapTier {
      override succeeded(): void {}
    },
  ),
  plant(
    'misses-are-failures',
    'Counts a miss as a failure.',
    ['failures', 'resets the failure count on success'],
    class extends MapTier {
      override get(key: string): CacheEntry | undefined {
        const entry = super.get(key);
        if (entry === undefined && this.enabled) this.handleFailure(new Error('not found'));
        return entry;
      }
    },
  ),
  plant(
    'stays-on',
    'Never switches itself off.',
    ['failures', 'switches off after exactly failureThreshold failures'],
    class extends MapTier {
      protected override switch(on: boolean): void {
        if (on) super.switch(on);
      }
    },
  ),
  plant(
    'off-too-late',
    'Switches itself off one failure too late.',
    ['failures', 'switches off after exactly failureThreshold failures'],
    class extends MapTier {
      protected override switch(on: boolean): void {
        if (on || this.failureCount > this.failureThreshold) super.switch(on);
      }
    },
  ),
  plant(
    'off-too-early',
    'Switches itself off at the first failure.',
    ['failures', 'switches off after exactly failureThreshold failures'],
    class extends MapTier {
      override handleFailure(error: unknown): void {
        super.handleFailure(error);
        this.switch(false);
      }
    },
  ),
  plant(
    'total-failures-reset',
    'Resets totalFailures together with failureCount.',
    ['failures', 'keeps past failures in totalFailures'],
    class extends MapTier {
      override resetFailures(): void {
        super.resetFailures();
        this.totalFailures = 0;
      }
    },
  ),
  plant(
    'stays-off',
    'Stays off after resetFailures.',
    ['failures', 'works again with all its entries after resetFailures'],
    class extends MapTier {
      protected override switch(on: boolean): void {
        if (!on) super.switch(on);
      }
    },
  ),
  plant(
    'count-kept-by-reset',
    'Does not reset failureCount in resetFailures.',
    ['failures', 'works again with all its entries after resetFailures'],
    class extends MapTier {
      override resetFailures(): void {
        this.switch(this.config.enabled);
      }
    },
  ),
  plant(
    'reset-empties',
    'Loses its entries in resetFailures.',
    ['failures', 'works again with all its entries after resetFailures'],
    class extends MapTier {
      override resetFailures(): void {
        super.resetFailures();
        this.rows.clear();
      }
    },
  ),
  plant(
    'reset-overrides-the-configuration',
    'resetFailures switches on a tier that is configured off.',
    ['failures', 'stays off when its configuration says so'],
    class extends MapTier {
      override resetFailures(): void {
        super.resetFailures();
        this.switch(true);
      }
    },
  ),
  plant(
    'off-and-still-writing',
    'Stores entries while it is off.',
    ['failures', 'answers as for a miss and changes nothing while it is off'],
    class extends MapTier {
      override put(key: string, entry: CacheEntry): boolean {
        if (!this.enabled) this.store(key, entry);
        return super.put(key, entry);
      }
    },
  ),
  plant(
    'off-and-still-reading',
    'Reads from its store while it is off.',
    ['failures', 'answers as for a miss and changes nothing while it is off'],
    class extends MapTier {
      override has(key: string): boolean {
        return this.enabled ? super.has(key) : this.live(key) !== undefined;
      }
    },
  ),
  plant(
    'off-and-throwing',
    'Throws while it is off.',
    ['failures', 'answers as for a miss and changes nothing while it is off'],
    class extends MapTier {
      protected override attempt<T>(fallback: T, work: () => T): T {
        if (!this.enabled) throw new Error('the tier is off');
        return super.attempt(fallback, work);
      }
    },
  ),
  plant(
    'off-and-counting',
    'Counts misses while it is off.',
    ['failures', 'answers as for a miss and changes nothing while it is off'],
    class extends MapTier {
      override get(key: string): CacheEntry | undefined {
        if (!this.enabled) this.countMiss();
        return super.get(key);
      }
    },
  ),
];
