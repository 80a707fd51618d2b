import type { Process } from '../world/process.ts';
import { EVERYTHING } from '../world/record.ts';
import type { Manager, Surroundings } from '../world/surroundings.ts';
import { poll } from './poll.ts';
import { get, keys } from './read.ts';
import { agree, cleanup, recover } from './recover.ts';
import { State } from './state.ts';
import { update } from './update.ts';
import { write } from './write.ts';

/** The protocol: the operations of one life of a process. */
export function makeAgreement(around: Surroundings, proc: Process): Manager {
  const state = new State(around, proc);
  return {
    *open() {
      yield* poll(state);
      yield* recover(state);
    },
    *close() {
      yield* recover(state);
      yield* agree(state);
    },
    get: (key) => get(state, key),
    put: (key, record) => write(state, key, record),
    del: (key) => write(state, key, null),
    clear: () => write(state, EVERYTHING, null),
    update: (key) => update(state, key),
    keys: () => keys(state),
    agree: () => agree(state),
    recover: () => recover(state),
    cleanup: () => cleanup(state),
    evict: (key) => {
      state.memory.delete(key);
    },
  };
}
