/**
 * One line about an error that nobody foresaw: its class, its code, and where it was thrown, so that it can be reported.
 * Not its message, which may quote a stored value.
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
  return `unexpected error (${facts.join(', ')}): a fault of pw-cache; please report it`;
}
