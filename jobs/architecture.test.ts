import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

/** What the files of a room may import besides their own room (docs/design.md, section 3). */
const MAY_IMPORT = {
  kernels: [],
  raster: ['kernels'],
  vector: ['kernels', 'raster'],
  reports: ['kernels', 'raster', 'vector'],
  samples: ['kernels', 'raster'],
  jobs: ['kernels', 'raster', 'vector', 'reports', 'samples'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
const ROOMS = Object.keys(MAY_IMPORT);

/** Files of the project by path from its root (`raster/grid.ts`), each with what it imports. */
type Imports = ReadonlyMap<string, readonly string[]>;

const root = fileURLToPath(new URL('..', import.meta.url));

/** Import, export-from, `import()`, `require()` and `import type` of a source text: specifiers as written. */
function specifiers(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** Those that are left when it runs: the compiler takes `import type` and `export type … from` away whole. */
function specifiersAtRunTime(text: string): string[] {
  return specifiers(text.replace(/^(?:import|export) type\b[^;]*;/gm, ''));
}

function shippedFiles(): string[] {
  return ROOMS.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      // AssemblyScript has a compiler of its own, which resolves its imports
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('/assembly/'))
      .map((name) => posix.join(room, name.split(sep).join('/'))),
  );
}

/** A relative specifier as a path from the root, anything else as it is. */
function resolved(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

function importsBy(find: (text: string) => string[]): Imports {
  return new Map(
    shippedFiles().map((file) => [
      file,
      find(readFileSync(join(root, file), 'utf8')).map((specifier) => resolved(file, specifier)),
    ]),
  );
}

const imports = importsBy(specifiers);

const roomOf = (path: string) => ROOMS.find((room) => path.startsWith(`${room}/`));

/** `file → target` for every import that no arrow between rooms allows. */
function forbidden(graph: Imports): string[] {
  return [...graph].flatMap(([file, targets]) => {
    const from = roomOf(file) as keyof typeof MAY_IMPORT;
    const allowed: readonly string[] = [from, ...MAY_IMPORT[from]];
    return targets
      .filter((target) => {
        const to = roomOf(target);
        return to !== undefined && !allowed.includes(to);
      })
      .map((target) => `${file} → ${target}`);
  });
}

/** One import cycle as a list of files, empty where there is none. Depth first, grey files are on the way down. */
function cycle(graph: Imports): string[] {
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): string[] => {
    if (done.has(file) || !graph.has(file)) return [];
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    way.push(file);
    for (const target of graph.get(file) ?? []) {
      const found = visit(target);
      if (found.length > 0) return found;
    }
    way.pop();
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const found = visit(file);
    if (found.length > 0) return found;
  }
  return [];
}

/** `@scope/name` or `name` of a package specifier. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

describe('the rooms of the project', () => {
  it('finds the imports of every room', () => {
    for (const room of ROOMS) expect([...imports.keys()].some((file) => roomOf(file) === room)).toBe(true);
    expect(imports.get('jobs/cli.ts')).toContain('jobs/commands/index.ts');
    expect(imports.get('raster/scene.ts')).toContain('kernels/bands.ts');
  });

  it('has no import of a file that is not there', () => {
    const lost = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => roomOf(target) !== undefined && !existsSync(join(root, target)))
        .map((t) => `${file} → ${t}`),
    );
    expect(lost).toEqual([]);
  });

  it('has no import against the arrows', () => {
    expect(forbidden(imports)).toEqual([]);
  });

  it('keeps detection free of the sample generator', () => {
    const reached = new Set<string>();
    const walk = (file: string) => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const target of imports.get(file) ?? []) walk(target);
    };
    for (const file of imports.keys()) if (/^(kernels|raster)\//.test(file)) walk(file);
    expect([...reached].filter((file) => file.startsWith('samples/'))).toEqual([]);
  });

  it('has no cycle of imports that are left at run time', () => {
    expect(cycle(importsBy(specifiersAtRunTime))).toEqual([]);
  });

  it('imports only Node and the packages it declares', () => {
    const { dependencies, devDependencies } = z
      .object({
        dependencies: z.record(z.string(), z.string()),
        devDependencies: z.record(z.string(), z.string()),
      })
      .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
    const undeclared = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => roomOf(target) === undefined && !isBuiltin(target))
        .filter((target) => target !== 'geojson' && !(packageOf(target) in dependencies))
        // what the page is built of is bundled into it, and not asked for again
        .filter((target) => !(file.startsWith('reports/web/client/') && packageOf(target) in devDependencies))
        .map((target) => `${relative(root, join(root, dirname(file)))}: ${target}`),
    );
    expect(undeclared).toEqual([]);
  });
});

describe('the check itself', () => {
  it('names an import against the arrows', () => {
    const graph = new Map([
      ['kernels/a.ts', ['raster/b.ts']],
      ['raster/b.ts', ['samples/c.ts', 'zod']],
      ['samples/c.ts', ['kernels/d.ts']],
    ]);
    expect(forbidden(graph)).toEqual(['kernels/a.ts → raster/b.ts', 'raster/b.ts → samples/c.ts']);
  });

  it('finds a cycle over three files and none in a diamond', () => {
    const ring = new Map([
      ['vector/a.ts', ['vector/b.ts']],
      ['vector/b.ts', ['vector/c.ts']],
      ['vector/c.ts', ['vector/a.ts']],
    ]);
    expect(cycle(ring)).toEqual(['vector/a.ts', 'vector/b.ts', 'vector/c.ts', 'vector/a.ts']);
    const diamond = new Map([
      ['vector/a.ts', ['vector/b.ts', 'vector/c.ts']],
      ['vector/b.ts', ['vector/d.ts']],
      ['vector/c.ts', ['vector/d.ts']],
      ['vector/d.ts', []],
    ]);
    expect(cycle(diamond)).toEqual([]);
  });

  it('sees imports of types, re-exports, import() and require()', () => {
    const text = `import type { A } from './a.js';\nexport { b, type B } from './b.js';\nexport type {\n  X,\n} from './x.js';\nawait import('./c.js');\nrequire('./d.js');`;
    expect(specifiers(text)).toEqual(['./a.js', './b.js', './x.js', './c.js', './d.js']);
    expect(specifiersAtRunTime(text)).toEqual(['./b.js', './c.js', './d.js']);
  });
});
