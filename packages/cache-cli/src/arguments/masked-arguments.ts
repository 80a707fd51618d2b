import { maskCredentials, SECRET_MASK } from '@pw/cache-models';

/**
 * The arguments that hold credentials, with what is shown instead, longest first. Of an argument more is taken for
 * credentials than of a sentence: `user:password` alone may be meant for an option that this command lacks.
 */
export function maskedArguments(argv: readonly string[]): ReadonlyMap<string, string> {
  const parts = argv.flatMap((argument) => [argument, /^--?[\w-]+=(.+)$/s.exec(argument)?.[1] ?? argument]);
  const changed = [...new Set(parts)].map((part) => [part, maskArgument(part)] as const);
  return new Map(changed.filter(([part, mask]) => part !== mask).sort(([a], [b]) => b.length - a.length));
}

// Looked at already, or the path of a file.
const URL_OR_DRIVE = /^(?:[a-z][\w+.-]*:\/\/|[a-z]:[/\\])/i;

function maskArgument(text: string): string {
  const masked = maskCredentials(text);
  if (masked !== text) return masked;
  const colon = text.indexOf(':');
  const isPlace = /^\d{0,5}$/.test(text.slice(colon + 1)) || isAddress(text);
  return colon < 0 || isPlace || URL_OR_DRIVE.test(text) ? text : SECRET_MASK;
}

/** An IPv6 address. */
function isAddress(text: string): boolean {
  return /^\[?[\da-f:.]+\]?(?::\d{1,5})?$/i.test(text);
}
