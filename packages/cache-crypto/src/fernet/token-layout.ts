// Version (1 byte) | creation time in seconds (8, big endian) | IV (16) | payload (blocks of 16) | HMAC-SHA256 (32)
const VERSION = 0x80;
/** Length of an AES block in bytes. */
export const AES_BLOCK = 16;
const TIME_OFFSET = 1;
const WORD = 2 ** 32;

export const IV_OFFSET = 9;
/** Length of an initialisation vector in bytes: the AES block. */
export const IV_LENGTH = 16;
export const PAYLOAD_OFFSET = IV_OFFSET + IV_LENGTH;
export const MAC_LENGTH = 32;

/** Length of a decoded token for a plaintext of a number of bytes; the padding always adds 1 to 16 bytes. */
export function tokenLength(plaintextLength: number): number {
  return PAYLOAD_OFFSET + (Math.floor(plaintextLength / AES_BLOCK) + 1) * AES_BLOCK + MAC_LENGTH;
}

/** True if a decoded token has the version byte and a possible length. Does not authenticate it. */
export function hasTokenShape(token: Buffer): boolean {
  const payload = token.length - PAYLOAD_OFFSET - MAC_LENGTH;
  return payload >= AES_BLOCK && payload % AES_BLOCK === 0 && token[0] === VERSION;
}

/** Writes version and creation time. `seconds` is a whole number of 0 or more. */
export function writeHeader(token: Buffer, seconds: number): void {
  token[0] = VERSION;
  token.writeUInt32BE(Math.floor(seconds / WORD), TIME_OFFSET);
  token.writeUInt32BE(seconds % WORD, TIME_OFFSET + 4);
}

/** The creation time in epoch seconds; beyond 2^53, the nearest number. */
export function readSeconds(token: Buffer): number {
  return token.readUInt32BE(TIME_OFFSET) * WORD + token.readUInt32BE(TIME_OFFSET + 4);
}
