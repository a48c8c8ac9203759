import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../testing/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-leads-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is refused before a database is opened, and what the one line on stderr must name. */
const REFUSED: readonly (readonly [args: string, ...named: string[]])[] = [
  ['leads export', '--out', 'leads.xlsx'],
  ['leads export --month 2026-08 --out x.doc --format doc', '--format', 'doc', 'gpkg'],
  ['leads export --month 2026-08 --out x.gpkg --format gpkg --encoding gbk', '--encoding gbk', 'shp and csv'],
  ['leads export --month 2026-08 --out x.csv --format csv --crs Mars', '--crs', 'Mars'],
  ['leads sheet --month 2026-08', '--out', 'sheets.pdf'],
  ['leads sheet --month 2026-08 --out x --each doc', '--each', 'doc', 'pdf'],
  ['leads update 1', '--assign', '--verdict'],
  ['leads update 1 --verdict maybe', '--verdict', 'maybe', 'confirmed'],
  ['leads update 1 --note x --reason cloud', '--reason', '--verdict rejected'],
  ['leads update 1 --assign --due 2020-01-01', '--due', '2020-01-01', 'later day'],
  ['leads update 1 --photo missing.jpg', 'missing.jpg'],
  ['permits import missing.csv', 'missing.csv'],
  ['addresses import missing.csv', 'missing.csv'],
  ['cameras import missing.geojson', 'missing.geojson'],
  ['report --month 2026-13 --format html --out x.html', '2026-13'],
  ['report --month 2026-08 --format doc --out x.doc', '--format', 'doc', 'html'],
  ['webhooks send', 'tuban.json', 'webhooks'],
];

describe('the commands of leads and reports', () => {
  for (const [args, ...named] of REFUSED) {
    it(`refuse: tuban ${args}`, async () => {
      const { status, stdout, stderr } = await runCli(args.split(' '), folder);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      for (const word of named) expect(stderr).toContain(word);
    });
  }

  it('refuse rules of tuban.json that are none, by their key', async () => {
    writeFileSync(join(folder, 'tuban.json'), '{"leads": {"rules": [{"name": "x"}]}}');
    try {
      const { status, stderr } = await runCli(['leads', 'list'], folder);
      expect(status).toBe(2);
      expect(stderr).toMatch(/tuban\.json.*leads/);
    } finally {
      rmSync(join(folder, 'tuban.json'));
    }
  });
});
