import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInput } from '../raster/errors.js';

/** A line of progress or of an error, on stderr. */
export const tell = (text: string) => process.stderr.write(`${text}\n`);

export interface BenchCommand<Options extends { readonly results: string }, Results> {
  /** As errors name it. */
  readonly name: string;
  readonly usage: string;
  /** The results' files are NAME.json and NAME.md. */
  readonly file: string;
  parse(args: readonly string[]): Options | 'help';
  bench(options: Options): Promise<Results>;
  markdown(results: Results): string;
}

/** Runs a bench from the process's arguments: results go to its folder, the table to stdout; bad input exits 2. */
export async function runBench<Options extends { readonly results: string }, Results>(
  command: BenchCommand<Options, Results>,
): Promise<void> {
  try {
    const options = command.parse(process.argv.slice(2));
    if (options === 'help') {
      process.stdout.write(`${command.usage}\n`);
      return;
    }
    const results = await command.bench(options);
    const text = command.markdown(results);
    await mkdir(options.results, { recursive: true });
    const file = (ending: string) => join(options.results, `${command.file}.${ending}`);
    await writeFile(file('json'), `${JSON.stringify(results, null, 2)}\n`);
    await writeFile(file('md'), text);
    process.stdout.write(text);
  } catch (error) {
    if (!(error instanceof BadInput) && !(error instanceof TypeError && 'code' in error)) throw error;
    tell(`${command.name}: ${error.message}`);
    process.exitCode = 2;
  }
}
