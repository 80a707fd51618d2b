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
    'timer-keeps-the-process-alive',
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
    'timer-leaked-on-open',
    'Starts an unreferenced timer at each open and never stops it.',
    ['leaks', 'leaves no handle, timer, listener or file behind'],
    class extends MapTier {
      override open(): void {
        if (this.status !== 'open') setInterval(() => this.cleanupExpired(), EVERY_HOUR).unref();
        super.open();
      }
    },
  ),
  plant(
    'listener-leaked-on-open',
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
    'descriptor-leaked-on-open',
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
    'file-leaked-on-open',
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
    'channel-leaked-on-open',
    'Keeps a channel open that keeps the process alive.',
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
    'missing-close-loses-writes',
    'Writes changes once a second and on close; a process that ends without close loses them.',
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
