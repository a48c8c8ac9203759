import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsFor } from './commands/index.js';
import { loadConfig } from './config.js';
import { PROJECT } from './testing/run-cli.js';

const folder = join(PROJECT, 'docs/deploy');
const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

/** Command lines of tuban in a unit or in a list of YAML: what follows cli.js. */
const calls = files.flatMap(({ name, text }) =>
  [...text.matchAll(/dist\/jobs\/cli\.js"?,?([^\]\n]*)/g)].map(([, rest]) => ({
    name,
    words: rest.split(/[\s,"]+/).filter(Boolean),
  })),
);

describe('what docs/deploy shows', () => {
  it('starts each of what runs for months, in each form', () => {
    const told = new Set(calls.map(({ name, words: [command] }) => `${name.replace(/.*\./, '')} ${command}`));
    expect([...told].sort()).toEqual([
      'service schedule',
      'service serve',
      'service worker',
      'yaml schedule',
      'yaml serve',
      'yaml worker',
    ]);
  });

  it.each(calls)('$name: $words is a command line that tuban takes', async ({ words: [name, ...rest] }) => {
    const command = (await commandsFor(name)).find((one) => one.name === name);
    const known = (command?.options ?? []).map(([flags]) => flags.split(' '));
    for (const [i, word] of rest.entries()) {
      if (!word.startsWith('--')) continue;
      const flags = known.find(([flag]) => flag === word);
      expect(flags, word).toBeDefined();
      expect(rest[i + 1]?.startsWith('--') === false, `${word} has a value`).toBe(flags?.length === 2);
    }
  });

  it('has settings that tuban takes', () => {
    const [, json] = /tuban\.json: \|\n\s+(\{.*\})\n/.exec(files.map(({ text }) => text).join('\n')) ?? [];
    const own = mkdtempSync(join(tmpdir(), 'tuban-deploy-'));
    try {
      writeFileSync(join(own, 'tuban.json'), json);
      expect(loadConfig(own, {})).toMatchObject({ stateDir: '/state', backend: 'webasm' });
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
