import { CacheErrorCode, type LogFields, type Logger } from '@pw/cache-models';
import { systemCodeOf } from '../errors/error-text.ts';

/** Collects the warnings of the tiers while they open, then passes each on, without repetitions. */
export class TierWarnings {
  readonly #messages = new Set<string>();
  readonly #codes = new Map<string, string>();
  readonly #reasons = new Map<string, string>();
  #write: ((text: string) => Promise<void>) | undefined;

  readonly logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: (fields, message) => this.#add(fields, message),
    error: (fields, message) => this.#add(fields, message),
  };

  /** The last system error code that a tier reported, such as `EACCES`. */
  codeOf(tier: string): string | undefined {
    return this.#codes.get(tier);
  }

  /** Why a tier could not be opened, if retrying would not help. */
  reasonOf(tier: string): string | undefined {
    return this.#reasons.get(tier);
  }

  async passOn(write: (text: string) => Promise<void>): Promise<void> {
    this.#write = write;
    for (const message of this.#messages) await write(message);
  }

  #add(fields: LogFields, message: string): void {
    const { tier, code, cause, system, reason, operation } = fields;
    // The command itself reports the problems of an import, with file and line.
    if (operation === 'import') return;
    // The command itself reports records that no key opens, in one line for all.
    if (code === CacheErrorCode.CREDENTIAL_UNREADABLE && reason === 'unknown') return;
    const known = [system, cause, code].map((name) => systemCodeOf({ code: name })).find(Boolean);
    if (typeof tier === 'string' && known !== undefined) this.#codes.set(tier, known);
    if (typeof tier === 'string' && typeof reason === 'string') this.#reasons.set(tier, reason);
    const text = typeof tier === 'string' ? `${tier}: ${message}` : message;
    if (this.#messages.has(text)) return;
    this.#messages.add(text);
    void this.#write?.(text);
  }
}
