import { createHook } from 'node:async_hooks';
import { readdirSync } from 'node:fs';

/** The resources of a process: the number of each kind. */
export type Holdings = Readonly<Record<string, number>>;

/** Handles and timers, including unreferenced ones; not promises, ticks and requests, which come and go. */
const LASTING = /^(?:Timeout|Immediate|WORKER|MESSAGEPORT|STATWATCHER|DIRHANDLE|FILEHANDLE)$|WRAP$/;

/** Tracks the resources of a process from now on. */
export class Resources {
  readonly #live = new Map<number, string>();
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    createHook({
      init: (id, type) => {
        if (LASTING.test(type)) this.#live.set(id, type);
      },
      destroy: (id) => void this.#live.delete(id),
    }).enable();
  }

  held(): Holdings {
    const held: Record<string, number> = { 'files in the folder': countFiles(this.#directory) };
    const add = (kind: string) => {
      held[kind] = (held[kind] ?? 0) + 1;
    };
    for (const type of this.#live.values()) add(`handles of the kind ${type}`);
    for (const type of process.getActiveResourcesInfo())
      add(`resources of the kind ${type} that keep the process alive`);
    for (const event of process.eventNames())
      held[`process listeners of "${String(event)}"`] = process.listenerCount(event);
    const descriptors = countDescriptors();
    return descriptors === undefined ? held : { ...held, 'file descriptors': descriptors };
  }
}

function countFiles(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true }).length;
  } catch {
    // The tier never created its folder, or removed it.
    return 0;
  }
}

/** `undefined` where the system does not expose them. */
function countDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
