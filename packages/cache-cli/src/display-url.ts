/** A stored URL without what it may hold of credentials: a file of another program may have them there. */
export function displayUrl(url: string): string {
  return url.replace(/^([a-z\d+.-]*:\/\/)?[^/]*@/i, '$1**********@');
}
