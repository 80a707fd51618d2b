import { parseProxyHost } from '@pw/cache-models';

/**
 * True if there is a host with a port in what should be a user and a password: an address, a name with a dot, `localhost`, or an IPv6 address
 * in brackets. Two lines that ran together have that, or a line in another order. Linear in the length.
 */
export function holdsPlace(text: string): boolean {
  if (!/:\d/.test(text)) return false;
  if (/\[[\da-f:.]{2,45}\]:\d/i.test(text)) return true;
  const parts = text.split(/[:@]/);
  return parts.some((part, i) => /^\d{1,5}$/.test(parts[i + 1] ?? '') && isHost(part));
}

function isHost(text: string): boolean {
  return text === 'localhost' || (text.includes('.') && parseProxyHost(text).ok);
}
