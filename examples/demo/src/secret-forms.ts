/** The byte sequences that reveal a string: the string itself, and its usual encodings. */
export function formsOf(text: string): Buffer[] {
  const utf8 = Buffer.from(text);
  const hex = utf8.toString('hex');
  const percent = hex.replace(/../g, '%$&');
  const texts = [
    hex,
    hex.toUpperCase(),
    percent,
    percent.toUpperCase(),
    encodeURIComponent(text),
    ...base64Forms(utf8),
  ];
  return [utf8, Buffer.from(text, 'utf16le'), ...texts.map((form) => Buffer.from(form))];
}

/**
 * Inside the Base64 of a longer string, this one looks different at each of three offsets. The characters at its ends
 * also encode the neighbouring bytes, so they are left out.
 */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    const whole = padded.subarray(0, padded.length - (padded.length % 3)).toString('base64');
    const stable = whole.slice(offset === 0 ? 0 : 4);
    return [stable, stable.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
