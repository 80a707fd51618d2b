import { parseProxyHost } from '@pw/cache-models';

const LONGEST_NAME = 253;

/**
 * True if there is a host with a port in what should be a user and a password: an address, a name with a dot, `localhost`, or an IPv6 address
 * in brackets. Two lines that ran together have that, or a line in another order. Linear in the length.
 */
export function containsHostWithPort(text: string): boolean {
  if (!/:\d/.test(text)) return false;
  if (/\[[\da-f:.]{2,45}\]:\d/i.test(text)) return true;
  const parts = text.split(/[:@]/);
  return parts.some((part, i) => hasPort(parts[i + 1] ?? '', part) && isHost(part));
}

/** The beginning of the next line may stand right behind the port of an address; behind the one of a name it may be a password that begins with digits. */
function hasPort(text: string, host: string): boolean {
  return /^\d{1,5}$/.test(text) || (/^\d{2,5}(?!\d)/.test(text) && endsWithAddress(host));
}

function endsWithAddress(text: string): boolean {
  return /\d{1,3}(?:\.\d{1,3}){3}$/.test(text.slice(-15));
}

/** The end of a password may stand right before it. */
function isHost(text: string): boolean {
  if (text.endsWith('localhost') || endsWithAddress(text)) return true;
  const name = /[a-z\d_.-]*$/i.exec(text.slice(-LONGEST_NAME))![0].replace(/^[.-]+/, '');
  return (name.includes('.') && parseProxyHost(name).ok) || (text.includes('.') && parseProxyHost(text).ok);
}
