import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeVerdicts } from '../../vector/filter/testing.js';
import { publishRun } from '../../vector/store/publish.js';
import { startRun } from '../../vector/store/runs.js';
import { draftAt, GRID } from '../../vector/store/sample.js';
import { openTestDatabase, type TestDatabase } from '../../vector/store/testing.js';
import { loadConfig } from '../config.js';
import type { Context } from '../context.js';
import { commandsFor } from './index.js';

/** 60 verdicts of three months, of which small, ragged patches were rejected. */
async function storeVerdicts({ db }: TestDatabase): Promise<void> {
  const verdicts = madeVerdicts(60);
  for (const [row, month] of ['2025-01', '2025-02', '2025-03'].entries()) {
    const own = verdicts.filter(({ patch }) => patch.month === month);
    const run = await startRun(db, {
      month,
      against: 'mom',
      beforeMonth: '2024-12',
      grid: GRID,
      parameters: {},
    });
    const drafts = own.map(({ patch: { areaM2, compactness } }, k) =>
      draftAt(60 * k, 200 * row, 20, { areaM2, compactness, confidence: 0.7 }),
    );
    const patches = await publishRun(db, run, drafts, []);
    await db.query(
      `INSERT INTO tuban.lead (number, month, disposition, priority, reasons, suspected_m2, permits, zones, cameras, status, verdict,
         reject_reason, sent_at)
       SELECT number, $2, 'sent', 'low', '[]', 0, '[]', '[]', '[]', verdict, verdict, CASE verdict WHEN 'rejected' THEN 'other' END, now()
       FROM unnest($1::text[], $3::text[]) AS v(number, verdict)`,
      [
        patches.map(({ number }) => number),
        month,
        own.map(({ right }) => (right ? 'confirmed' : 'rejected')),
      ],
    );
  }
}

describe('tuban filter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuban-filter-'));
  let stateDir = folder;
  let opened: Awaited<ReturnType<typeof openTestDatabase>>;
  beforeAll(async () => {
    opened = await openTestDatabase();
    stateDir = dirname(opened.dataDir);
    await storeVerdicts(opened);
    // the commands open it themselves
    await opened.db.close();
  });
  afterAll(() => {
    rmSync(stateDir, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  const say = async (name: string, args: readonly string[] = [], options: Record<string, string> = {}) => {
    const lines: string[] = [];
    const context: Context = {
      config: { ...loadConfig(folder, {}), stateDir },
      print: (line) => lines.push(line),
      tell: () => {},
      progress: () => ({ update: () => {}, end: () => {} }),
      log: pino({ enabled: false }),
      terminal: false,
    };
    const command = (await commandsFor('filter')).find((one) => one.name === name);
    await command?.run({ args, options }, context);
    return lines.join('\n');
  };

  it('says that verdicts are few, fits, names those there are, is turned off, and shows all of it', async () => {
    expect(await say('filter fit', [], { month: '2025-02' })).toMatch(
      /^20 verdicts on patches seen before 2025-02; from 50 on something can be learned. Nothing is filtered$/,
    );
    const fitted = await say('filter fit');
    expect(fitted).toMatch(
      /^fitted:\nfilter 1 {2}for 2025-04 and later, fitted [\d-]+ on 60 verdicts\n.*30 confirmed, 30 rejected: holds back below 0\.\d+ \(cross-validated: by ground it would hold back \d+ of 30 rejected/,
    );
    await expect(say('filter use', ['7'])).rejects.toThrow(
      'There is no filter 7; there are 1 (tuban filter show)',
    );
    expect(await say('filter off')).toMatch(/^off \(said by the command\); 0 patches changed/);
    expect(await say('filter show')).toMatch(/\noff \(said by the command\); 0 patches are held back$/);
  });
});
