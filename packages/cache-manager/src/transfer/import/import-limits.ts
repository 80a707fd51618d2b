/**
 * Limits for untrusted files: far above the needs of any list of proxies, yet low enough that no single piece blocks
 * the event loop for more than a few milliseconds or exhausts memory. Only the offending piece is refused, with its
 * line and the limit.
 */

/** Bytes of a line or of a row of a JSON document; characters of a CSV record of several lines. */
export const MAX_ROW_BYTES = 1024 * 1024;
/** Bytes of a file whose rows are stored in one batch, however few rows they are. */
export const MAX_BATCH_BYTES = 1024 * 1024;
/**
 * Characters of a list line without its comment, and of a row's URL, host, username, password and key: as many as
 * masking inspects.
 */
export const MAX_FIELD_CHARACTERS = 16_384;
/** Bytes of a JSON document, which is parsed completely in memory, so that a broken one loads nothing. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** Nesting levels of a JSON row: deeper ones cost far more to parse and walk than their length suggests. */
export const MAX_JSON_LEVELS = 1000;
/** Members and items of a JSON row, on all levels together: objects of many shapes are the most expensive to parse. */
export const MAX_JSON_VALUES = 10_000;
/** Columns of a CSV file. */
export const MAX_CSV_COLUMNS = 1000;
/** Lines of a CSV record: a longer one is due to an unclosed quote, which must not swallow the rest of the file. */
export const MAX_CSV_RECORD_LINES = 100;
/**
 * Characters of an entry's source and last error: with every field at its limit, a record still fits into {@link
 * MAX_ROW_BYTES}.
 */
export const MAX_TEXT_CHARACTERS = 32_768;
/**
 * Bytes of the token of a credential of {@link MAX_FIELD_CHARACTERS}, whatever its characters: Fernet adds a little
 * over a third.
 */
export const MAX_TOKEN_BYTES = 66_000;
