const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, PLUS, DOT] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x2b, 0x2e];
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE, ZERO, NINE, SPACE] = [0x5b, 0x5d, 0x7b, 0x7d, 0x30, 0x39, 0x20];
const LITERALS = [Buffer.from('true'), Buffer.from('false'), Buffer.from('null')];
/** What may follow a backslash, but for `u`. */
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'));
const UNICODE = 0x75;
const NONE = -1;

/**
 * True if bytes are JSON, an object or a list, as JSON.parse would take it, of at most so many values. It tells without an exception, which costs some
 * microseconds each time: that is much where damaged lines are short and many. What is beyond ASCII is taken for a character.
 */
export function isJson(bytes: Buffer, from: number, to: number, most = Number.POSITIVE_INFINITY): boolean {
  /** Of each list or object that is open, how it is closed. */
  const open: number[] = [];
  let values = 0;
  let at = afterSpace(bytes, from, to);
  if (bytes[at] !== OPEN && bytes[at] !== OPEN_LIST) return false;
  for (;;) {
    // Here a value begins.
    if (++values > most) return false;
    const byte = at < to ? bytes[at]! : NONE;
    if (byte === OPEN || byte === OPEN_LIST) {
      const close = byte === OPEN ? CLOSE : CLOSE_LIST;
      at = afterSpace(bytes, at + 1, to);
      if (at >= to) return false;
      if (bytes[at] !== close) {
        open.push(close);
        if (close === CLOSE) at = afterName(bytes, at, to);
        if (at === NONE) return false;
        continue;
      }
      at++;
    } else at = afterScalar(bytes, at, to);
    if (at === NONE) return false;
    at = afterSpace(bytes, at, to);
    while (open.length > 0 && at < to && bytes[at] === open.at(-1)) {
      open.pop();
      at = afterSpace(bytes, at + 1, to);
    }
    if (open.length === 0) return at === to;
    if (at >= to || bytes[at] !== COMMA) return false;
    at = afterSpace(bytes, at + 1, to);
    if (open.at(-1) === CLOSE) at = afterName(bytes, at, to);
    if (at === NONE) return false;
  }
}

function afterSpace(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] === SPACE || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d)) at++;
  return at;
}

/** Where the value of a member begins, by where its name does. */
function afterName(bytes: Buffer, from: number, to: number): number {
  const end = from < to && bytes[from] === QUOTE ? afterText(bytes, from, to) : NONE;
  if (end === NONE) return NONE;
  const at = afterSpace(bytes, end, to);
  return at < to && bytes[at] === COLON ? afterSpace(bytes, at + 1, to) : NONE;
}

function afterScalar(bytes: Buffer, from: number, to: number): number {
  if (from >= to) return NONE;
  const byte = bytes[from]!;
  if (byte === QUOTE) return afterText(bytes, from, to);
  if (byte === MINUS || isDigit(byte)) return afterNumber(bytes, from, to);
  const literal = LITERALS.find((word) => word[0] === byte);
  if (literal === undefined || from + literal.length > to) return NONE;
  return literal.compare(bytes, from, from + literal.length) === 0 ? from + literal.length : NONE;
}

function afterText(bytes: Buffer, from: number, to: number): number {
  for (let at = from + 1; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE) return NONE;
    if (byte !== BACKSLASH) continue;
    at++;
    if (at < to && ESCAPED.has(bytes[at]!)) continue;
    if (at + 4 >= to || bytes[at] !== UNICODE) return NONE;
    for (const end = at + 4; at < end; at++) if (!isHex(bytes[at + 1]!)) return NONE;
  }
  return NONE;
}

function afterNumber(bytes: Buffer, from: number, to: number): number {
  const first = bytes[from] === MINUS ? from + 1 : from;
  let at = first < to && bytes[first] === ZERO ? first + 1 : afterDigits(bytes, first, to);
  if (at !== NONE && at < to && bytes[at] === DOT) at = afterDigits(bytes, at + 1, to);
  if (at === NONE || at >= to || (bytes[at]! | 0x20) !== 0x65) return at;
  at++;
  if (at < to && (bytes[at] === PLUS || bytes[at] === MINUS)) at++;
  return afterDigits(bytes, at, to);
}

/** At least one. */
function afterDigits(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && isDigit(bytes[at]!)) at++;
  return at === from ? NONE : at;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isHex(byte: number): boolean {
  const letter = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}
