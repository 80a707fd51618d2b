/**
 * What is read of a list that somebody else wrote: far above what any list of proxies needs, and low enough that no single piece holds the
 * event loop for more than some milliseconds, or fills the memory. What exceeds one is refused by itself, with its line and the limit.
 */

/** Bytes of a line, of a row of a JSON document, and characters of a CSV record of several lines. */
export const MAX_ROW_BYTES = 1024 * 1024;
/** Bytes of a file whose rows wait to be stored together, however few those are: what is stored is stored in one step. */
export const MAX_BATCH_BYTES = 1024 * 1024;
/** Characters of a line of a list without its comment, and of a row's URL, host, username, password and key: as many as masking looks at. */
export const MAX_FIELD_CHARACTERS = 16_384;
/** Bytes of a JSON document, which is in memory whole, so that a broken one loads nothing. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** Levels of a JSON row: one that is deeper costs its parser, and whoever walks it, far more than its length. */
export const MAX_JSON_LEVELS = 1000;
/** Members and items of a JSON row, on all levels together: objects of many shapes are the dearest that there is to parse. */
export const MAX_JSON_VALUES = 10_000;
/** Columns of a CSV file. */
export const MAX_CSV_COLUMNS = 1000;
/** Lines of a CSV record: of more lines is only a quote that nobody closed, which must not swallow the rest of the file. */
export const MAX_CSV_RECORD_LINES = 100;
/** Characters of the source and of the last error that a cache takes: with all else at its limit the record is a line of less than {@link MAX_ROW_BYTES}. */
export const MAX_TEXT_CHARACTERS = 32_768;
/** Bytes of the token of a credential of {@link MAX_FIELD_CHARACTERS}, whatever its characters: Fernet adds a third, and some. */
export const MAX_TOKEN_BYTES = 66_000;
