import { maskCredentials, SECRET_MASK } from '@pw/cache-models';

/**
 * Arguments that contain credentials, each with its masked form, longest first. Masks more than in other text: even a
 * bare `user:password` is masked, because it may have been meant for an option that this command does not have.
 */
export function maskedArguments(argv: readonly string[]): ReadonlyMap<string, string> {
  const parts = argv.flatMap((argument) => [argument, /^--?[\w-]+=(.+)$/s.exec(argument)?.[1] ?? argument]);
  const changed = [...new Set(parts)].map((part) => [part, maskArgument(part)] as const);
  return new Map(changed.filter(([part, mask]) => part !== mask).sort(([a], [b]) => b.length - a.length));
}

// A URL, which is masked already, or the path of a file.
const URL_OR_DRIVE = /^(?:[a-z][\w+.-]*:\/\/|[a-z]:[/\\])/i;

function maskArgument(text: string): string {
  const masked = maskCredentials(text);
  if (masked !== text) return masked;
  const colon = text.indexOf(':');
  const isPortOrAddress = /^\d{0,5}$/.test(text.slice(colon + 1)) || isAddress(text);
  return colon < 0 || isPortOrAddress || URL_OR_DRIVE.test(text) ? text : SECRET_MASK;
}

/** An IPv6 address. */
function isAddress(text: string): boolean {
  return /^\[?[\da-f:.]+\]?(?::\d{1,5})?$/i.test(text);
}
