/**
 * One line about an unexpected error, for a bug report: its class, its code, and where it was thrown. Omits the
 * message, which may quote a stored value.
 */
export function describeUnexpected(error: unknown): string {
  if (!(error instanceof Error)) return 'unexpected error';
  const { code } = error as NodeJS.ErrnoException;
  const place = /^ +at .*?([^/\\()]+:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1];
  const facts = [
    error.name,
    ...(typeof code === 'string' ? [code] : []),
    ...(place === undefined ? [] : [`at ${place}`]),
  ];
  return `unexpected error (${facts.join(', ')}): this is a bug in pw-cache; please report it`;
}
