import ts from 'typescript';
import { publicSymbols } from './public-symbols.ts';

/** Interfaces that stores, streams and clients implement, and data that the cache itself makes: no user writes them. */
const NOT_WRITTEN = new Set([
  'AccessUpdate',
  'CacheTier',
  'CliStream',
  'EntryCursor',
  'ProxyRecord',
  'RestorableFields',
  'SingleClient',
  'TierReport',
]);

/**
 * Members of the options of a package for which an editor shows too little, such as `CacheKeyOptions.username: no
 * default`. Options are what a user writes: exported interfaces with an optional member. Each member needs a
 * description, and each optional one says what happens without it.
 */
export function undocumentedOptions(entry: string): string[] {
  const { checker, symbols } = publicSymbols(entry);
  return symbols.flatMap(({ name, symbol }) => {
    if (NOT_WRITTEN.has(name)) return [];
    if (!(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias))) return [];
    const members = checker.getDeclaredTypeOfSymbol(symbol).getProperties().filter(isOurs);
    if (!members.some((member) => isOption(member, checker))) return [];
    return members.flatMap((member) => {
      const problem = problemOf(member, checker);
      return problem === undefined ? [] : [`${name}.${member.name}: ${problem}`];
    });
  });
}

/** False for the methods of strings and arrays. */
function isOurs(member: ts.Symbol): boolean {
  return (member.declarations ?? []).every(
    (declaration) => !/[/\\]typescript[/\\]lib[/\\]/.test(declaration.getSourceFile().fileName),
  );
}

/** True for an optional member that holds a value. An optional method is a part of a tier, not an option. */
function isOption(member: ts.Symbol, checker: ts.TypeChecker): boolean {
  if (!(member.flags & ts.SymbolFlags.Optional) || member.flags & ts.SymbolFlags.Method) return false;
  // Nothing is aborted without a signal.
  return checker.getNonNullableType(checker.getTypeOfSymbol(member)).symbol?.name !== 'AbortSignal';
}

function problemOf(member: ts.Symbol, checker: ts.TypeChecker): string | undefined {
  const text = ts.displayPartsToString(member.getDocumentationComment(checker));
  const tags = member.getJsDocTags(checker);
  const hasDefault = tags.some(({ name }) => name === 'default') || /\bDefault\b/.test(text);
  if (text === '') return 'no description';
  return isOption(member, checker) && !hasDefault ? 'no default' : undefined;
}
