import { parseProxyHost } from '@pw/cache-models/tier';

/** Characters of the longest IPv6 address with a port. */
const LONGEST = 52;

/** True if text begins with an IPv6 address without brackets, whose colons would be mistaken for separators. */
export function beginsWithIpv6(text: string): boolean {
  const start = /^[\da-f:.]{2,64}/i.exec(text)?.[0] ?? '';
  if (!hasColonsOfIpv6(start)) return false;
  for (let end = start.length; end > 1; end = start.lastIndexOf(':', end - 1)) {
    if (isIpv6(start.slice(0, end))) return true;
  }
  return false;
}

/** True if text ends with an IPv6 address without brackets, with or without a port. */
export function endsWithIpv6(text: string): boolean {
  const tail = /[\da-f:.]*$/i.exec(text.slice(-LONGEST))![0];
  if (!hasColonsOfIpv6(tail)) return false;
  const place = tail.slice(0, tail.lastIndexOf(':'));
  for (let start = 0; start < tail.length - 1; ) {
    if (isIpv6(tail.slice(start)) || isIpv6(place.slice(start))) return true;
    const colon = tail.indexOf(':', start);
    if (colon < 0) return false;
    // An address may begin with two colons.
    start = colon === start || tail[colon + 1] !== ':' ? colon + 1 : colon;
  }
  return false;
}

/** Adds the brackets that a bare IPv6 address needs before a port. */
export function withBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** True for exactly an IPv6 address without brackets. */
export function isIpv6(text: string): boolean {
  return text.length <= LONGEST && text.includes(':') && /^[\da-f:.]+$/i.test(text) && parseProxyHost(`[${text}]`).ok;
}

function hasColonsOfIpv6(text: string): boolean {
  return text.includes('::') || text.split(':').length >= 7;
}
