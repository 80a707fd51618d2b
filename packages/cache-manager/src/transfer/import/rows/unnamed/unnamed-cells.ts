import type { RowFate } from '../../import-tally.ts';
import { parsePlainLine } from '../../list/plain-line.ts';
import { looksLikeCredentials } from '../../words/credential-shape.ts';
import { isProperName } from '../../words/proper-name.ts';
import { CellKinds, isAddress, isEvidentHost, isPort } from './cell-kinds.ts';

/** A row with names from the table, or why it cannot be read. */
export type UnnamedRow =
  | { readonly row: Readonly<Record<string, string>> }
  | { readonly fate: RowFate; readonly reason: string };

/** The position of a proxy in a row: one cell, or two for host and port. */
interface Place {
  readonly at: number;
  readonly cells: 1 | 2;
  /** True if the cell includes credentials. */
  readonly isComplete: boolean;
}

const NO_PLACE =
  'has neither a host cell followed by a port cell nor a host:port cell, which a row without column names needs';
const SEVERAL = 'has several cells that may be the host: add a header line, such as ip,port,username,password';
const AMBIGUOUS =
  'has cells that may or may not be a username and a password: add a header line, such as ip,port,username,password';

/** Reads rows of cells without column names, recognising each cell by its content. */
export class UnnamedCells {
  readonly #kinds = new CellKinds();

  read(cells: readonly string[]): UnnamedRow {
    const places = placesIn(cells);
    if (places.length > 1) return { fate: 'failed', reason: SEVERAL };
    const [place] = places;
    if (place === undefined) return { fate: cells.some(isEvidentHost) ? 'failed' : 'skipped', reason: NO_PLACE };
    const before = this.#without(cells.slice(0, place.at), 'scheme', 'nothing');
    const after = this.#without(cells.slice(place.at + place.cells), 'scheme', 'nothing');
    const credentials = place.isComplete ? [] : this.#credentialsIn(before, after, isAddress(cells[place.at]!));
    if (credentials === undefined) return { fate: 'failed', reason: AMBIGUOUS };
    const [username, password] = credentials;
    const row: Record<string, string> =
      place.cells === 1 ? { proxy: cells[place.at]! } : { ip: cells[place.at]!, port: cells[place.at + 1]! };
    if (username !== undefined && password !== undefined) Object.assign(row, { username, password });
    this.#describe(row, cells, place, credentials.length > 0);
    return { row };
  }

  /** Adds scheme and labels from the other cells. */
  #describe(
    row: Record<string, string>,
    cells: readonly string[],
    { at, cells: count }: Place,
    hasCredentials: boolean,
  ): void {
    for (const [i, cell] of cells.entries()) {
      if (i >= at && i < at + count) continue;
      const kind = this.#kinds.kindOf(cell);
      if (kind === 'scheme') row['protocol'] ??= cell;
      else if (kind === 'anonymity') row['anonymity'] ??= cell;
      else if (kind === 'country' && !(hasCredentials && (cell === row['username'] || cell === row['password'])))
        row['country'] ??= cell;
    }
  }

  #without(cells: readonly string[], ...kinds: readonly string[]): string[] {
    return cells.filter((cell) => !kinds.includes(this.#kinds.kindOf(cell)));
  }

  /** Username and password, or an empty list; `undefined` if the cells are ambiguous. */
  #credentialsIn(
    before: readonly string[],
    after: readonly string[],
    isNumeric: boolean,
  ): readonly string[] | undefined {
    if (before.some(looksLikeCredentials) || after.some(looksLikeCredentials)) return undefined;
    const [first, second, ...rest] = after;
    const texts = (cells: readonly string[]) => cells.filter((cell) => this.#kinds.kindOf(cell) === 'text');
    const [user, secret] = before;
    if (before.length === 2 && this.#mayBePair(user, secret)) {
      return texts(after).length === 0 && !(isPort(secret) && isNumeric === false) ? before : undefined;
    }
    if (before.length > 1 && texts(before).length > 0) return undefined;
    if (this.#mayBePair(first, second)) {
      // May be a city and a provider, or a provider and a measurement.
      if (isProperName(first!) && (isProperName(second!) || this.#kinds.kindOf(second!) === 'number')) return undefined;
      // The host name may really be a user, and the number the port of the real host.
      if (!isNumeric && isPort(second)) return undefined;
      if (texts(rest).length > 0) return undefined;
      return this.#isMeasured(second!, rest) ? undefined : [first!, second!];
    }
    // Two numbers are just as likely measurements.
    if (after.length === 2 && after.every((cell) => this.#kinds.kindOf(cell) === 'number')) return undefined;
    return after.some((cell, i) => this.#isPairOfTexts(cell, after[i + 1])) ? undefined : [];
  }

  #mayBePair(one: string | undefined, other: string | undefined): boolean {
    return (
      one !== undefined &&
      other !== undefined &&
      this.#kinds.kindOf(one) === 'text' &&
      !/\s/.test(one) &&
      /^(?:text|number|country|note)$/.test(this.#kinds.kindOf(other))
    );
  }

  /** A stricter test for cells after a country or similar, where locations and providers are also common. */
  #isPairOfTexts(one: string, other: string | undefined): boolean {
    return (
      this.#mayBePair(one, other) &&
      this.#kinds.kindOf(other!) === 'text' &&
      !/\s/.test(other!) &&
      !(isProperName(one) && isProperName(other!))
    );
  }

  /** True if the second cell of a pair is a measurement or a country: the first is then a provider, for example. */
  #isMeasured(second: string, rest: readonly string[]): boolean {
    const kind = this.#kinds.kindOf(second);
    return kind === 'note' || kind === 'country' || (kind === 'number' && rest.length > 1);
  }
}

const OPTIONS = { defaultScheme: 'http', bareNames: false } as const;

function placesIn(cells: readonly string[]): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at]!;
    if (isEvidentHost(cell)) {
      if (!isPort(cells[at + 1])) continue;
      places.push({ at, cells: 2, isComplete: false });
      at++;
    } else if (cell.includes(':')) {
      const plain = parsePlainLine(cell, OPTIONS);
      if (plain.ok)
        places.push({ at, cells: 1, isComplete: plain.value.username !== null || plain.value.password !== null });
    }
  }
  return places;
}
