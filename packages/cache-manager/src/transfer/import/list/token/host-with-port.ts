import { parseProxyHost } from '@pw/cache-models/tier';

const LONGEST_NAME = 253;

/**
 * True if text in the place of a user and password contains a host with a port: an address, a name with a dot,
 * `localhost`, or an IPv6 address in brackets. Joined lines look like that, and so do lines with another order of
 * parts. Linear in the length.
 */
export function containsHostWithPort(text: string): boolean {
  if (!/:\d/.test(text)) return false;
  if (/\[[\da-f:.]{2,45}\]:\d/i.test(text)) return true;
  const parts = text.split(/[:@]/);
  return parts.some((part, i) => hasPort(parts[i + 1] ?? '', part) && isHost(part));
}

/**
 * True if text begins with a port. The next line may directly follow the port of an address; after a name, further
 * digits may be the beginning of a password.
 */
function hasPort(text: string, host: string): boolean {
  return /^\d{1,5}$/.test(text) || (/^\d{2,5}(?!\d)/.test(text) && endsWithAddress(host));
}

function endsWithAddress(text: string): boolean {
  return /\d{1,3}(?:\.\d{1,3}){3}$/.test(text.slice(-15));
}

/** True if text ends with a host. The end of a password may directly precede it. */
function isHost(text: string): boolean {
  if (text.endsWith('localhost') || endsWithAddress(text)) return true;
  const name = /[a-z\d_.-]*$/i.exec(text.slice(-LONGEST_NAME))![0].replace(/^[.-]+/, '');
  return (name.includes('.') && parseProxyHost(name).ok) || (text.includes('.') && parseProxyHost(text).ok);
}
