import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { lostDefinitions } from '../../src/editor/lost-definitions.ts';

describe('the definition of an exported name', () => {
  let root = '';
  const lost = () => lostDefinitions(join(root, 'dist/index.d.ts'), root);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pw-definitions-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, 'src'));
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(root, 'src/index.ts'), '/** A. */\nexport class Alpha {}\nexport const beta = 1;\n');
    ts.createProgram([join(root, 'src/index.ts')], {
      declaration: true,
      declarationMap: true,
      emitDeclarationOnly: true,
      types: [],
      outDir: join(root, 'dist'),
    }).emit();
  });

  it('is found in the source', () => {
    expect(lost()).toEqual([]);
  });

  it('is lost without a declaration map', () => {
    rmSync(join(root, 'dist/index.d.ts.map'));
    expect(lost()).toEqual(['Alpha: no declaration map', 'beta: no declaration map']);
  });

  it('is lost without the source', () => {
    rmSync(join(root, 'src'), { recursive: true });
    expect(lost()[0]).toContain('Alpha: its source is not in the package');
  });

  it('is lost if the map belongs to another version of the source', () => {
    writeFileSync(join(root, 'src/index.ts'), 'export const gamma = 1;\n');
    expect(lost()).toHaveLength(2);
  });
});
