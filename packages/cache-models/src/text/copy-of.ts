/**
 * A text with memory of its own. V8 keeps what a piece was cut from, and all the pieces of a text that was put together: a
 * key of 16 characters holds on to 64, and a URL to the password that stood in it.
 */
export function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
