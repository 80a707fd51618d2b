const HTML =
  /^<(?:!doctype\s|!--|\?xml\s|(?:html|head|body|table|thead|tbody|tr|td|th|div|span|p|pre|ul|ol|li|a|script|style|meta|title|br|h[1-6]|section|article|main|nav|center|font|form|iframe|img|link|svg|rss|feed)(?:\s[^<>]*)?\/?>)/i;
const IS_HTML = 'is HTML or XML, not a list: save the list itself as text, CSV or JSON';

/** A key on a line of its own, before a list of mappings. */
const YAML_LIST = /^["']?[\w-]+["']?:\s*(?:#.*)?$/;
const YAML_ITEM = /^\s*-\s+(?:\{\s*)?["']?[a-z][\w-]*["']?:\s/i;
const YAML_HOST = /(?:^|[\s{,])["']?(?:server|host|hostname|ip|address)["']?:\s+\S/i;
const YAML_PORT = /(?:^|[\s{,])["']?port["']?:\s+["']?\d/i;
const IS_YAML =
  'is YAML, such as a Clash configuration: only lists, CSV and JSON can be imported; convert its HTTP and SOCKS proxies to one of these';

/** Lines of an item that are searched for a host and a port, and the characters inspected per line. */
const ITEM_LINES = 30;
const LINE_CHARACTERS = 500;

/**
 * Describes markup, which contains no list in any supported format; `undefined` for any other text. Linear in the
 * length.
 */
export function markupKindOf(head: string): string | undefined {
  if (HTML.test(head.slice(0, 4096).trimStart())) return IS_HTML;
  return isYaml(head) ? IS_YAML : undefined;
}

/** True for a list of mappings with a host and a port; a plain list with a heading and bullets is not one. */
function isYaml(head: string): boolean {
  if (!/^[ \t]*- /m.test(head)) return false;
  let before = '';
  const lines = linesOf(head);
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || /^\s*#/.test(line)) continue;
    if (YAML_ITEM.test(line) && YAML_LIST.test(before)) {
      const item = lines.slice(i, i + ITEM_LINES);
      return item.some((text) => YAML_HOST.test(text)) && item.some((text) => YAML_PORT.test(text));
    }
    before = line;
  }
  return false;
}

function linesOf(head: string): readonly string[] {
  return head.split(/\r\n?|\n/).map((line) => line.slice(0, LINE_CHARACTERS));
}
