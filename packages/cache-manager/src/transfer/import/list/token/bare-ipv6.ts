import { parseProxyHost } from '@pw/cache-models';

/** Longest IPv6 address with a port. */
const LONGEST = 52;

/** True if what stands before a colon, or before the end, is an IPv6 address without brackets: its own colons would be taken for the list's. */
export function beginsWithIpv6(text: string): boolean {
  const start = /^[\da-f:.]{2,64}/i.exec(text)?.[0] ?? '';
  if (!hasColonsOfIpv6(start)) return false;
  for (let end = start.length; end > 1; end = start.lastIndexOf(':', end - 1)) {
    if (isIpv6(start.slice(0, end))) return true;
  }
  return false;
}

/** True if an IPv6 address without brackets stands at the end, with a port behind it or without one. */
export function endsWithIpv6(text: string): boolean {
  const tail = /[\da-f:.]*$/i.exec(text.slice(-LONGEST))![0];
  if (!hasColonsOfIpv6(tail)) return false;
  const place = tail.slice(0, tail.lastIndexOf(':'));
  for (let start = 0; start < tail.length - 1; ) {
    if (isIpv6(tail.slice(start)) || isIpv6(place.slice(start))) return true;
    const colon = tail.indexOf(':', start);
    if (colon < 0) return false;
    // Two colons may begin an address themselves.
    start = colon === start || tail[colon + 1] !== ':' ? colon + 1 : colon;
  }
  return false;
}

/** Adds the brackets that a bare IPv6 address needs before a port. */
export function withBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** True if a text between colons is an IPv6 address as a whole. */
export function isIpv6(text: string): boolean {
  return text.length <= LONGEST && text.includes(':') && /^[\da-f:.]+$/i.test(text) && parseProxyHost(`[${text}]`).ok;
}

function hasColonsOfIpv6(text: string): boolean {
  return text.includes('::') || text.split(':').length >= 7;
}
