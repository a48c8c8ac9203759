import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { addMonths, parseMonth, parseWhole } from '../../jobs/options.js';
import { BadInput } from '../../raster/errors.js';
import { CLI } from '../cli.js';
import { REAL_SETS } from './sets.js';

export const SERIES = 'series';
const PARTS = [...REAL_SETS.map(({ name }) => name), SERIES];

export interface QualityOptions {
  readonly only: ReadonlySet<string>;
  readonly cli: string;
  readonly folder: string;
  readonly results: string;
  readonly data: string;
  readonly seeds: readonly number[];
  readonly months: readonly string[];
  readonly classical: boolean;
  readonly leads: number;
  /** A learned model's folder or name for the series; empty for none. */
  readonly model: string;
}

/** Seeds that no test, demo or development run uses. */
const SEEDS = '911,922,933';

export const USAGE = `npm run bench:quality -- [options]
  --only LIST       parts: ${PARTS.join(', ')} (all)
  --cli FILE        another build's jobs/cli.js to judge
  --dir DIR         where series are kept and work is done (in the system's temporary folder)
  --results DIR     where quality.md and quality.json go (bench/results)
  --data DIR        real data (TUBAN_REAL_DATA, else ../shared/data)
  --seeds LIST      seeds of the series (${SEEDS})
  --from YYYY-MM    first month of the series (2025-01)
  --months N        months of the series (12)
  --model NAME      learned model of the series, a name or a folder (none)
  --leads N         site visits a month for the precision of leads (10)
  --no-classical    without the methods of the literature beside`;

/** @throws BadInput naming the option that cannot be used. */
export function parseOptions(argv: readonly string[]): QualityOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', default: false },
      only: { type: 'string', default: PARTS.join(',') },
      cli: { type: 'string', default: CLI },
      dir: { type: 'string', default: join(tmpdir(), 'tuban-quality') },
      results: { type: 'string', default: join('bench', 'results') },
      data: { type: 'string', default: process.env.TUBAN_REAL_DATA ?? join('..', 'shared', 'data') },
      seeds: { type: 'string', default: SEEDS },
      from: { type: 'string', default: '2025-01' },
      months: { type: 'string', default: '12' },
      leads: { type: 'string', default: '10' },
      model: { type: 'string', default: '' },
      'no-classical': { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const first = parseMonth(values.from, '--from');
  const count = parseWhole(values.months, '--months');
  if (count < 2) throw new BadInput(`--months ${values.months}: nothing to compare; expected 2 or more`);
  return {
    only: new Set(values.only.split(',').map(part)),
    cli: resolve(values.cli),
    folder: resolve(values.dir),
    results: values.results,
    data: resolve(values.data),
    seeds: values.seeds.split(',').map((seed) => parseWhole(seed, '--seeds')),
    months: Array.from({ length: count }, (_, k) => addMonths(first, k)),
    classical: !values['no-classical'],
    leads: parseWhole(values.leads, '--leads'),
    model: existsSync(values.model) ? resolve(values.model) : values.model,
  };
}

function part(text: string): string {
  if (!PARTS.includes(text))
    throw new BadInput(`--only ${text}: no such part; expected some of ${PARTS.join(', ')}`);
  return text;
}
