import type { StoredRecord } from '../world/record.ts';
import type { Found } from '../world/surroundings.ts';
import { unexplained } from './linearizability.ts';
import type { Operation } from './operation.ts';

/** What a process was asked to do. */
export interface Request {
  readonly kind:
    | 'open'
    | 'close'
    | 'get'
    | 'put'
    | 'del'
    | 'clear'
    | 'update'
    | 'keys'
    | 'agree'
    | 'recover'
    | 'cleanup'
    | 'late';
  readonly key?: string | undefined;
  readonly id?: string | undefined;
  readonly by: number;
  readonly start: number;
}

/** The operations of one history, as the checker needs them. */
export class History {
  readonly #keys: readonly string[];
  readonly #lag: number;
  readonly #operations: Operation[] = [];
  /** When each record expires. */
  readonly #lives = new Map<string, number>();
  /** The last acknowledged write of each process to each key: it must never read what was there before. */
  readonly #ownWrites = new Map<string, { start: number; end: number; id: string | null; fails: number }>();

  constructor(keys: readonly string[], lag: number) {
    this.#keys = keys;
    this.#lag = lag;
  }

  noteLife(id: string, exp: number): void {
    this.#lives.set(id, exp);
  }

  lives(id: string | null, now: number): boolean {
    return id !== null && (this.#lives.get(id) ?? 0) > now;
  }

  /** The last read that was recorded. */
  get last(): Operation | undefined {
    return this.#operations.at(-1);
  }

  get size(): number {
    return this.#operations.length;
  }

  read(request: Request, found: Found, end: number, sawFail: boolean): void {
    // A tier did not answer: a miss says nothing.
    if (found === 'blind' || (found === null && sawFail)) return;
    const key = request.key ?? '';
    const own = this.#ownWrites.get(`${request.by}/${key}`);
    // Memory may lag behind others, without a bound while a tier cannot be asked; never behind what its process wrote.
    const isOwn = found !== null && own !== undefined && own.id === found.id && own.fails === found.fails;
    const least = sawFail ? 0 : request.start - this.#lag;
    const from = own === undefined ? 0.5 : isOwn ? own.start : own.end + 0.5;
    const start = Math.min(request.start, Math.max(from, least));
    this.#add({
      ...request,
      key,
      kind: 'read',
      start,
      end,
      isOptional: false,
      id: found?.id ?? null,
      fails: found?.fails ?? 0,
    });
  }

  updated(request: Request, record: StoredRecord, end: number): void {
    const { id, fails } = record;
    this.#ownWrites.set(`${request.by}/${request.key}`, { start: request.start, end, id, fails });
    this.#add({ ...request, key: request.key ?? '', kind: 'update', end, isOptional: false, id, fails });
  }

  written(request: Request, end: number): void {
    for (const key of request.kind === 'clear' ? this.#keys : [request.key ?? '']) {
      const id = request.id ?? null;
      this.#ownWrites.set(`${request.by}/${key}`, { start: request.start, end, id, fails: 0 });
      this.#add({ ...request, key, kind: id === null ? 'del' : 'put', end, isOptional: false, id, fails: 0 });
    }
  }

  /** It got no answer. */
  unsure(request: Request): void {
    const { kind } = request;
    if (kind !== 'put' && kind !== 'del' && kind !== 'clear' && kind !== 'update') return;
    for (const key of kind === 'clear' ? this.#keys : [request.key ?? '']) {
      const made = kind === 'clear' ? 'del' : kind;
      this.#add({
        ...request,
        key,
        kind: made,
        end: Number.POSITIVE_INFINITY,
        isOptional: true,
        id: request.id ?? null,
        fails: 0,
      });
    }
  }

  /** Another program wrote to one tier, or an accident changed what is there. */
  happened(
    kind: 'put' | 'del' | 'set',
    key: string,
    at: number,
    isOptional: boolean,
    record: StoredRecord | null,
  ): void {
    const end = isOptional || kind === 'put' ? Number.POSITIVE_INFINITY : at;
    this.#add({
      kind,
      key,
      by: 'world',
      start: at,
      end,
      isOptional,
      id: record?.id ?? null,
      fails: record?.fails ?? 0,
    });
  }

  /** A process is gone: nothing of it happens any more. */
  endAll(at: number, by?: number): void {
    for (const one of this.#operations)
      if (one.end === Number.POSITIVE_INFINITY && (by === undefined || one.by === by)) one.end = at;
  }

  /** What other programs wrote and nobody has seen yet cannot be distinguished any more from what a tier missed. */
  blur(): void {
    for (const one of this.#operations)
      if (one.by === 'world' && one.end === Number.POSITIVE_INFINITY) one.isOptional = true;
  }

  verdict(): string | undefined {
    for (const key of this.#keys) {
      const found = unexplained(
        this.#operations.filter((one) => one.key === key),
        this.#lives,
      );
      if (found !== undefined) return describe(found);
    }
    return undefined;
  }

  #add(operation: Omit<Operation, 'n'>): void {
    const { kind, key, by, start, end, isOptional, id, fails } = operation;
    this.#operations.push({ kind, key, by, start, end, isOptional, id, fails, n: this.#operations.length });
  }
}

function describe({ kind, key, id, fails, by, start, end }: Operation): string {
  const when = `by P${by} at ${start}..${end}`;
  if (kind === 'read') return `get(${key}) = ${id === null ? 'none' : `${id}:${fails}`} ${when}: no order explains it`;
  return `${kind}(${key}) ${when} is lost or out of order`;
}
