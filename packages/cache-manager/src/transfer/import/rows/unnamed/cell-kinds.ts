import { parseProxyHost } from '@pw/cache-models/tier';
import { withBrackets } from '../../list/token/bare-ipv6.ts';
import { isScheme, namedScheme } from '../../words/scheme-words.ts';

/** The apparent kind of a cell without a column name. `text` is anything else, such as a credential. */
export type CellKind = 'nothing' | 'scheme' | 'anonymity' | 'country' | 'number' | 'note' | 'text';

const ANONYMITY =
  /^(?:(?:high(?:ly)?|very) )?(?:transparent|anonymous|elite|distorting|anm|hia|noa|high anonymity)(?: ?(?:proxy|\(hia\)))?$/i;
const NOTHING = /^(?:-|none|null|nan|n\/a)?$/i;
const NUMBER = /^\d+(?:\.\d+)?$/;
/** Measurements, dates and times, yes and no: common in lists, but never a username. */
const NOTE =
  /^(?:[<>~+-]?\d+(?:[.,]\d+)? ?(?:ms|s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|d|days?|%|k|kb|mb|kb\/s|mb\/s|mbps)(?: ago)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|\d{1,2}:\d{2}(?::\d{2})?.*|yes|no|true|false|alive|dead|online|offline|up|down|ok|as\d+)$/i;

/** Recognises cells without a header. Create one per file, because it builds a list of countries. */
export class CellKinds {
  #countries: ReadonlySet<string> | undefined;

  kindOf(cell: string): CellKind {
    if (NOTHING.test(cell)) return 'nothing';
    if (cell.length > 64) return 'text';
    const scheme = namedScheme(cell);
    if (isScheme(scheme) || scheme === 'direct') return 'scheme';
    if (ANONYMITY.test(cell)) return 'anonymity';
    if (NUMBER.test(cell)) return 'number';
    if (NOTE.test(cell)) return 'note';
    return this.#isCountry(cell) ? 'country' : 'text';
  }

  #isCountry(cell: string): boolean {
    this.#countries ??= countries();
    if (/^[A-Z]{2}$/.test(cell)) return this.#countries.has(cell);
    const [name = ''] = cell.split(' - ', 1);
    return name.length > 2 && this.#countries.has(name.toLowerCase());
  }
}

/** Country names in lists that differ from those of ICU. */
const OTHER_NAMES = ['usa', 'uk', 'russian federation', 'korea', 'viet nam', 'czech republic'];

/** Codes in upper case and names in lower case. */
function countries(): ReadonlySet<string> {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  const codes = letters.flatMap((one) => letters.map((other) => one + other)).filter((code) => code !== 'ZZ');
  const found = codes.flatMap((code) => {
    const name = names.of(code);
    return name === undefined ? [] : [code, name.toLowerCase()];
  });
  return new Set([...found, ...OTHER_NAMES]);
}

const PORT = /^\d{1,5}(?:\.0+)?$/;

export function isPort(cell: string | undefined): boolean {
  return cell !== undefined && PORT.test(cell) && Number(cell) >= 1 && Number(cell) <= 65535;
}

/** True for an address, a name with a dot, or `localhost`: a host even without a column name. */
export function isEvidentHost(cell: string): boolean {
  if (cell.length > 300 || !/[.:]|^localhost$/i.test(cell)) return false;
  const result = parseProxyHost(withBrackets(cell));
  return result.ok && (result.host === 'localhost' || /[.[]/.test(result.host));
}

export function isAddress(cell: string): boolean {
  return isEvidentHost(cell) && !/[a-z]/i.test(cell.replace(/^\[?[\da-f:.]+\]?$/i, ''));
}
