/** The longest line of prose in a generated page. */
const WIDTH = 120;

/** Wraps the prose of a Markdown page. Tables, headings and blocks of code stay as they are. */
export function wrapProse(page: string): string {
  let isCode = false;
  return page
    .split('\n')
    .flatMap((line) => {
      const isFence = line.trimStart().startsWith('```');
      if (isFence) isCode = !isCode;
      return isFence || isCode || /^\s*[|#<]/.test(line) ? [line] : wrapped(line);
    })
    .join('\n');
}

/** The lines of a paragraph or list item. Text in backquotes stays on one line. */
function wrapped(line: string): string[] {
  const [indent] = /^\s*(?:- )?/.exec(line)!;
  const [first = '', ...words] = line.slice(indent.length).match(/(?:`[^`]*`|[^\s`])+/g) ?? [];
  const lines = [indent + first];
  for (const word of words) {
    const longer = `${lines.at(-1)!} ${word}`;
    if (longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(' '.repeat(indent.length) + word);
  }
  return lines;
}
