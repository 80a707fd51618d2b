/**
 * An address and, separately, its port: `198.18.0.1: 8080`, `host=198.18.0.1;port=8080`, `server=198.18.0.1&port=1080`.
 */
const ADDRESS_AND_PORT = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])[^\d\n]{1,24}\d{2,5}(?![\d.:-])/;

/** True if text contains an IPv4 address followed by a number that may be its port. Linear in the length. */
export function containsAddressWithPort(text: string): boolean {
  return ADDRESS_AND_PORT.test(text);
}
