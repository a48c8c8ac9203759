import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import writeExcel from 'write-excel-file/node';
import { BadInput } from '../../raster/errors.js';
import { parseResults } from '../../reports/leads/results.js';
import { listLeadEvents } from '../../vector/store/lead-events.js';
import { listLeads } from '../../vector/store/leads.js';
import { openTestDatabase, type TestDatabase } from '../../vector/store/testing.js';
import { storeLeads } from '../testing/leads.js';
import { importResults } from './apply-result.js';
import { readResultsFile } from './results-file.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-results-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CLOCK = { now: new Date('2026-10-01T00:00:00Z'), timeZone: 'Asia/Shanghai' };
const HEAD = '监测编号,核查结论,退回原因,核查人,核查日期,备注\n';

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const parsed = async (path: string) => parseResults(await readResultsFile(path), CLOCK);

const ONE = {
  number: '202608-M-440303003-10001',
  verdict: 'rejected',
  reason: 're_roofed',
  who: '王五',
  at: '2026-09-02T16:00:00.000Z',
  note: '屋面翻新，未新建',
};

describe('results are the same', () => {
  const row = `${ONE.number},不属实,屋面翻新,王五,2026-09-03,"屋面翻新，未新建"\n`;
  it('from CSV in UTF-8 with a byte order mark and in GBK', async () => {
    expect(await parsed(file('a.csv', `\uFEFF${HEAD}${row}\n,,,,,\n`))).toEqual([ONE]);
    expect(await parsed(file('b.csv', iconv.encode(HEAD + row, 'gbk')))).toEqual([ONE]);
  });

  it('from a workbook, a date as text or as a date', async () => {
    const head = HEAD.trim().split(',');
    const date = { value: new Date(Date.UTC(2026, 8, 3)), type: Date, format: 'yyyy-mm-dd' };
    const rows = [head, [ONE.number, '不属实', '屋面翻新', '王五', date, ONE.note]];
    const path = file('c.xlsx', await writeExcel(rows).toBuffer());
    expect(await parsed(path)).toEqual([ONE]);
  });

  it('from JSON with the codes', async () => {
    const { number, verdict, reason, who, note } = ONE;
    const json = JSON.stringify([{ number, verdict, reason, who, note, at: '2026-09-03T00:00:00+08:00' }]);
    expect(await parsed(file('d.json', json))).toEqual([ONE]);
  });
});

describe('a file is refused with the row and the cure', () => {
  const refused = async (name: string, rows: string, head = HEAD) => {
    try {
      await parsed(file(name, head + rows));
    } catch (error) {
      if (error instanceof BadInput) return error.message;
      throw error;
    }
    throw new Error('was not refused');
  };
  it.each([
    ['n,是,,王五,2026-09-03,\n', 'row 2: 核查结论 "是" is none; expected 属实, 不属实, 未找到'],
    ['n,不属实,,王五,2026-09-03,\n', 'row 2: 退回原因 "" is none; expected 季节变化'],
    ['n,属实,云,王五,2026-09-03,\n', 'does not suit 核查结论 属实'],
    ['n,属实,,,2026-09-03,\n', 'row 2: 核查人 is empty'],
    ['n,属实,,王五,2026-02-30,\n', 'row 2: 核查日期 "2026-02-30" is none'],
    ['n,属实,,王五,2027-09-03,\n', 'lies in the future'],
    [',属实,,王五,2026-09-03,\n', 'row 2: 监测编号 is empty'],
    ['n,属实,,王五,2026-09-03,\nn,未找到,,王五,2026-09-03,\n', 'row 3: says of n what row 2 does not'],
  ])('%s', async (rows, message) => {
    expect(await refused('bad.csv', rows)).toContain(message);
  });

  it('where a column is lacking', async () => {
    expect(await refused('bad2.csv', 'n,属实\n', '监测编号,核查结论\n')).toContain('has no column 核查人');
  });

  it('where it is no table at all', async () => {
    await expect(parsed(file('x.xlsx', 'no workbook'))).rejects.toThrow(BadInput);
    await expect(parsed(file('x.json', '{"a":1}'))).rejects.toThrow(BadInput);
    await expect(parsed(file('x.doc', ''))).rejects.toThrow(/\.csv, \.xlsx or \.json/);
  });
});

describe('importing', () => {
  let made: TestDatabase;
  let numbers: string[];
  beforeAll(async () => {
    made = await openTestDatabase();
  });
  afterAll(() => made.dispose());
  beforeEach(async () => {
    await made.db.query('TRUNCATE tuban.run, tuban.patch, tuban.lead, tuban.lead_event CASCADE');
    numbers = await storeLeads(made.db, 3);
  });

  const results = (rows: string) => {
    const lines = (HEAD + rows)
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const [columns, ...rest] = lines;
    return parseResults(
      {
        name: 'r.csv',
        columns,
        rows: rest.map((cells, i) => ({ line: i + 2, row: new Map(columns.map((c, k) => [c, cells[k]])) })),
      },
      CLOCK,
    );
  };

  it('leads a sent lead to its verdict; importing again changes nothing', async () => {
    const file = results(
      `${numbers[0]},属实,,王五,2026-09-03,已建一层\n${numbers[1]},不属实,云,王五,2026-09-03,\n`,
    );
    expect(await importResults(made.db, file)).toEqual({ done: 2, unchanged: 0 });
    const [first, second, third] = await listLeads(made.db);
    expect([first.status, first.verdict, second.rejectReason, third.status]).toEqual([
      'confirmed',
      'confirmed',
      'cloud',
      'new',
    ]);
    expect(first.visitedAt).toBe('2026-09-02T16:00:00.000Z');
    const events = await listLeadEvents(made.db, numbers);
    expect(await importResults(made.db, file)).toEqual({ done: 0, unchanged: 2 });
    expect(await listLeadEvents(made.db, numbers)).toEqual(events);
  });

  it('does not undo a later correction when the first file comes again', async () => {
    const first = results(`${numbers[0]},属实,,王五,2026-09-03,\n`);
    await importResults(made.db, first);
    expect(await importResults(made.db, results(`${numbers[0]},未找到,,李四,2026-09-05,\n`))).toMatchObject({
      done: 1,
    });
    expect(await importResults(made.db, first)).toEqual({ done: 0, unchanged: 1 });
    expect((await listLeads(made.db))[0].verdict).toBe('not_found');
  });

  it('is all or nothing', async () => {
    const file = results(
      `${numbers[0]},属实,,王五,2026-09-03,\n202601-M-000000000-10001,属实,,王五,2026-09-03,\n`,
    );
    await expect(importResults(made.db, file)).rejects.toThrow(/There is no lead 202601/);
    await made.db.query(`UPDATE tuban.lead SET disposition = 'watch' WHERE number = $1`, [numbers[1]]);
    const half = results(`${numbers[0]},属实,,王五,2026-09-03,\n${numbers[1]},属实,,王五,2026-09-03,\n`);
    await expect(importResults(made.db, half)).rejects.toThrow(/was not sent \(watch\)/);
    expect((await listLeads(made.db)).map(({ status }) => status)).toEqual(['new', 'new', 'new']);
  });
});
