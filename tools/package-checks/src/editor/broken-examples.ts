import { join } from 'node:path';
import ts from 'typescript';
import { publicEntries, workspaceRoot } from '../workspace.ts';
import { type PublicSymbols, programOf, publicSymbols } from './public-symbols.ts';

/** An `@example` of a public name or of one of its members. */
export interface Example {
  /** Such as `CacheManager.put`. */
  readonly name: string;
  readonly code: string;
}

/** What an example may use without declaring it: what its reader has at hand. */
const AT_HAND = `
import { constants, rmSync, unlinkSync } from 'node:fs';
declare const cache: CacheManager;
declare const cipher: CredentialCipher;
declare const token: Uint8Array;
declare const options: { readonly min: number; readonly max: number };
declare const MEMBERS: Readonly<Record<string, ArgumentKind>>;
declare const listener: (event: unknown) => unknown;
declare const event: unknown;
declare const path: string;
declare const temporary: string;
declare const line: string;
declare const write: (path: string) => void;
declare const MyTier: new (options?: TierOptions) => CacheTier;
declare const entry: CacheEntry;
declare const entries: readonly CacheEntry[];
declare const tier: CacheTier;
declare const key: string;
declare const newKey: string;
declare const oldKey: string;
declare const fetchProxy: (key: string, options?: { readonly signal?: AbortSignal }) => Promise<CacheEntry>;
declare const fastCheck: typeof import('fast-check');
declare class ProxyAgent { constructor(url: string) }
`;

const COMPILER: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
};

/**
 * All examples of the exported names of packages, given by their declaration files, and of the members of its classes
 * and interfaces.
 */
export function examplesOf(entries: readonly string[]): Example[] {
  const program = programOf(entries);
  return entries.flatMap((entry) => examplesIn(publicSymbols(entry, program)));
}

function examplesIn({ checker, symbols }: PublicSymbols): Example[] {
  return symbols.flatMap(({ name, symbol }) => [
    ...tagged(name, symbol, checker),
    ...membersOf(symbol).flatMap((member) => tagged(`${name}.${memberName(member)}`, member, checker)),
  ]);
}

/**
 * The errors of examples that do not compile in a program that imports the packages, such as `CacheManager.put: Cannot
 * find name 'cach'.`
 */
export function brokenExamples(examples: readonly Example[]): string[] {
  const exportsOf = packagesByExport();
  const files = new Map(
    examples.map(({ name, code }, index) => {
      const path = join(workspaceRoot, `tools/package-checks/example-${index}.mts`);
      return [path, { name, text: exampleProgram(code, exportsOf) }] as const;
    }),
  );
  const program = ts.createProgram([...files.keys()], { ...COMPILER, paths: declarationPaths() }, hostOf(files));
  return [...files].flatMap(([path, { name }]) => {
    const file = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
}

function tagged(name: string, symbol: ts.Symbol, checker: ts.TypeChecker): Example[] {
  return (
    symbol
      .getJsDocTags(checker)
      .filter((tag) => tag.name === 'example')
      .map(({ text }) => ({ name, code: codeIn(ts.displayPartsToString(text)) }))
      // Such an example is a page.
      .filter(({ code }) => !code.startsWith('See '))
  );
}

/** The code of the fenced blocks, or everything if there is none. */
function codeIn(text: string): string {
  const blocks = [...text.matchAll(/^```\w*$(.*?)^```$/gms)].map(([, code]) => code);
  return blocks.length === 0 ? text : blocks.join('\n');
}

function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  const statics = symbol.flags & ts.SymbolFlags.Class ? [...(symbol.exports?.values() ?? [])] : [];
  return [...(symbol.members?.values() ?? []), ...statics];
}

function memberName({ name }: ts.Symbol): string {
  return name === ts.InternalSymbolName.Constructor ? 'constructor' : name;
}

/** The example as a module: names of the packages are imported, and those at hand are declared, unless it does so. */
function exampleProgram(code: string, exportsOf: ReadonlyMap<string, string>): string {
  const own = new Set(
    [...code.matchAll(/\b(?:const|let|using|class|function|interface)\s+(?:\{([^}]*)\}|(\w+))/g)].flatMap(
      ([, some, one]) => (one ?? some ?? '').match(/\w+/g) ?? [],
    ),
  );
  const imported = new Set([...code.matchAll(/^import .*$/gm)].flatMap(([line]) => line.match(/\w+/g) ?? []));
  const declared = AT_HAND.split('\n').filter(
    (line) => !own.has(/^declare (?:const|class) (\w+)/.exec(line)?.[1] ?? ''),
  );
  const used = new Set([code, ...declared].join('\n').match(/\b[A-Za-z_]\w*\b/g));
  const wanted = [...used].filter((name) => exportsOf.has(name) && !own.has(name) && !imported.has(name));
  const imports = wanted.map((name) => `import { ${name} } from '${exportsOf.get(name)}';`);
  return [...imports, ...declared, code, 'export {};'].join('\n');
}

function packagesByExport(): Map<string, string> {
  const entries = publicEntries();
  const program = programOf(entries.map(({ types }) => types));
  // Of a name that several entries export, the first is the one for most programs.
  return new Map(
    entries
      .toReversed()
      .flatMap(({ name, types }) => publicSymbols(types, program).symbols.map((one) => [one.name, name] as const)),
  );
}

function declarationPaths(): Record<string, string[]> {
  return Object.fromEntries(publicEntries().map(({ name, types }) => [name, [types]]));
}

/** A host in which the programs exist, though not on disk. */
function hostOf(files: ReadonlyMap<string, { readonly text: string }>): ts.CompilerHost {
  const host = ts.createCompilerHost(COMPILER);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists.call(host, path);
  host.readFile = (path) => files.get(path)?.text ?? readFile.call(host, path);
  host.getSourceFile = (path, options, ...more) => {
    const text = files.get(path)?.text;
    return text === undefined
      ? getSourceFile.call(host, path, options, ...more)
      : ts.createSourceFile(path, text, options, true);
  };
  return host;
}
