import ts from 'typescript';

/** An exported name of a package, as its users import it. */
export interface PublicSymbol {
  readonly name: string;
  readonly symbol: ts.Symbol;
}

/** The declarations of a package, as the TypeScript of an editor reads them. */
export interface PublicSymbols {
  readonly checker: ts.TypeChecker;
  readonly symbols: readonly PublicSymbol[];
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  noEmit: true,
};

/** One program for several entries, which takes less time than one for each. */
export function programOf(entries: readonly string[]): ts.Program {
  return ts.createProgram(entries, OPTIONS);
}

/** Reads all exported names of an entry, the `index.d.ts` of a package. */
export function publicSymbols(entry: string, program: ts.Program = programOf([entry])): PublicSymbols {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${entry} is not a module: build the packages first`);
  const symbols = checker.getExportsOfModule(module).map((exported) => ({
    name: exported.name,
    symbol: exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported,
  }));
  return { checker, symbols };
}
