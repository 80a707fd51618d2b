/** The byte sequences that would give a text away: as it is, and in the encodings that hide it from the eye alone. */
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

/** Base64 of a longer text that contains this one looks different at each of three offsets; the ends belong to neighbours. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    const whole = padded.subarray(0, padded.length - (padded.length % 3)).toString('base64');
    const stable = whole.slice(offset === 0 ? 0 : 4);
    return [stable, stable.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
