import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, resolve, sep } from 'node:path';
import ts from 'typescript';
import { type PublicSymbol, publicSymbols } from './public-symbols.ts';

/**
 * Exported names of an installed package for which "go to definition" does not end in its TypeScript source, such as
 * `CacheManager: no declaration map`. Follows the declaration maps as editors do; `entry` is the package's declaration
 * file, and `root` its folder.
 */
export function lostDefinitions(entry: string, root: string): string[] {
  return publicSymbols(entry).symbols.flatMap(({ name, symbol }) => {
    const declaration = symbol.declarations?.[0];
    // Names that are exported again belong to the package that declares them.
    if (declaration === undefined || !isInside(declaration.getSourceFile().fileName, root)) return [];
    const problem = problemOf({ name, symbol }, declaration, root);
    return problem === undefined ? [] : [`${name}: ${problem}`];
  });
}

function problemOf({ symbol }: PublicSymbol, declaration: ts.Declaration, root: string): string | undefined {
  const file = declaration.getSourceFile();
  const map = `${file.fileName}.map`;
  if (!existsSync(map)) return 'no declaration map';
  const at = ts.getNameOfDeclaration(declaration) ?? declaration;
  const { line, character } = file.getLineAndCharacterOfPosition(at.getStart(file));
  const entry = new SourceMap(JSON.parse(readFileSync(map, 'utf8'))).findEntry(line, character);
  if (!('originalSource' in entry)) return 'not in the declaration map';
  const source = resolve(dirname(map), entry.originalSource);
  if (!isInside(source, root) || !existsSync(source)) return `its source is not in the package: ${source}`;
  const text = readFileSync(source, 'utf8').split('\n')[entry.originalLine]?.slice(entry.originalColumn) ?? '';
  return text.startsWith(symbol.name) ? undefined : `the map leads to "${text.slice(0, 40)}"`;
}

function isInside(file: string, root: string): boolean {
  return resolve(file).startsWith(resolve(root) + sep);
}
