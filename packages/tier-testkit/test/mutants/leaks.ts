import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { FileTier } from '../tiers/file/file-tier.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { PromiseMapTier } from '../tiers/promise-map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

const EVERY_HOUR = 3_600_000;

export const leakMutants: readonly Mutant[] = [
  plant(
    'timer-holds-the-process',
    'Keeps the process alive with a timer that it never stops.',
    ['process exit', 'lets the process end after close'],
    class extends MapTier {
      override open(): void {
        if (this.status !== 'open') setInterval(() => this.cleanupExpired(), EVERY_HOUR);
        super.open();
      }
    },
  ),
  plant(
    'timer-until-close',
    'Keeps the process alive with a timer until it is closed.',
    ['process exit', 'lets the process end without close and keeps every acknowledged write'],
    class extends MapTier {
      #timer: NodeJS.Timeout | undefined;
      override open(): void {
        this.#timer ??= setInterval(() => this.cleanupExpired(), EVERY_HOUR);
        super.open();
      }
      override close(): void {
        clearInterval(this.#timer);
        this.#timer = undefined;
        super.close();
      }
    },
  ),
  plant(
    'a-timer-for-each-open',
    'Starts a timer at each open and never stops it, though it does not hold the process.',
    ['leaks', 'leaves no handle, timer, listener or file behind'],
    class extends MapTier {
      override open(): void {
        if (this.status !== 'open') setInterval(() => this.cleanupExpired(), EVERY_HOUR).unref();
        super.open();
      }
    },
  ),
  plant(
    'a-listener-for-each-open',
    'Adds a listener to the process at each open.',
    ['leaks', 'leaves no handle, timer, listener or file behind'],
    class extends MapTier {
      override open(): void {
        if (this.status !== 'open') process.on('exit', () => this.close());
        super.open();
      }
    },
  ),
  plant(
    'a-descriptor-for-each-open',
    'Opens a file at each open and does not close it.',
    ['leaks', 'leaves no handle, timer, listener or file behind'],
    class extends FileTier {
      protected override async doOpen(): Promise<void> {
        await super.doOpen();
        openSync(join(this.setup.directory, 'log'), 'a');
      }
    },
  ),
  plant(
    'a-file-for-each-open',
    'Leaves a file in its folder at each open.',
    ['leaks', 'leaves no handle, timer, listener or file behind'],
    class extends FileTier {
      protected override async doOpen(): Promise<void> {
        await super.doOpen();
        closeSync(openSync(join(this.setup.directory, `${process.pid}.${performance.now()}.session`), 'w'));
      }
    },
  ),
  plant(
    'a-reader-for-each-open',
    'Keeps a channel open that holds the process.',
    ['process exit', 'lets the process end after close'],
    class extends PromiseMapTier {
      readonly #ports: MessagePort[] = [];
      protected override async doOpen(): Promise<void> {
        await super.doOpen();
        const { port1, port2 } = new MessageChannel();
        port1.on('message', () => this.inner.cleanupExpired());
        this.#ports.push(port1, port2);
      }
    },
  ),
  plant(
    'forgotten-close-loses',
    'Writes what is new once a second and when it is closed; a process that ends without close loses it.',
    ['process exit', 'lets the process end without close and keeps every acknowledged write'],
    class extends FileTier {
      #isLoaded = false;
      protected override load(): void {
        if (!this.#isLoaded) super.load();
        this.#isLoaded = true;
      }
      protected override save(): void {
        setTimeout(() => super.save(), 1000).unref();
      }
      protected override async doClose(): Promise<void> {
        super.save();
        this.#isLoaded = false;
      }
    },
  ),
];
