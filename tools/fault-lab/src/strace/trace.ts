/** One system call; calls are listed in the order in which they returned. */
export interface Call {
  /** The thread that made it. */
  readonly thread: string;
  readonly name: string;
  /** The arguments as strace prints them, strings still quoted. */
  readonly args: readonly string[];
  /** The return value; -1 for a failure. */
  readonly result: number;
  /** True if strace made it fail or kill the process. */
  readonly isInjected: boolean;
}

const UNFINISHED = ' <unfinished ...>';
const RESUMED = /^<\.\.\. \w+ resumed>(.*)$/;
const CALL = /^(\w+)\((.*)\)\s+= (-?\d+)?(.*)$/;

/** Parses the output of `strace -f -y -xx -o`. Lines other than calls, such as signals, are skipped. */
export function parseTrace(text: string): Call[] {
  const begun = new Map<string, string>();
  const calls: Call[] = [];
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    const pid = line.slice(0, space);
    const rest = line.slice(space + 1).trimStart();
    if (rest.endsWith(UNFINISHED)) {
      begun.set(pid, rest.slice(0, -UNFINISHED.length));
      continue;
    }
    const resumed = RESUMED.exec(rest);
    const whole = resumed === null ? rest : `${begun.get(pid) ?? ''}${resumed[1]}`;
    begun.delete(pid);
    addCall(calls, pid, whole);
  }
  // A thread that was killed in a call never returned from it.
  for (const [pid, line] of begun) addCall(calls, pid, `${line}) = ?`);
  return calls;
}

function addCall(calls: Call[], thread: string, line: string): void {
  const match = CALL.exec(line);
  if (match === null) return;
  calls.push({
    thread,
    name: match[1]!,
    // Bytes are in hexadecimal, so a comma is a comma between arguments.
    args: match[2]!.split(', '),
    result: match[3] === undefined ? -1 : Number(match[3]),
    isInjected: match[4]!.includes('(INJECTED)'),
  });
}

/** The bytes of a quoted argument. */
export function bytesOf(arg: string): Buffer {
  return Buffer.from(arg.replaceAll(/[^0-9a-f]|\\x/g, ''), 'hex');
}

/** A quoted path, decoded. */
export function textOf(arg: string): string {
  return bytesOf(arg).toString();
}

/** The number and the path of a descriptor printed as `3<path>`. */
export function descriptorOf(arg: string): { readonly fd: number; readonly path: string } {
  const open = arg.indexOf('<');
  if (open < 0) return { fd: Number(arg), path: '' };
  return { fd: Number(arg.slice(0, open)), path: textOf(arg.slice(open)) };
}
