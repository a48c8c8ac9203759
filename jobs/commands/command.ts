import type { Context } from '../context.js';

/** An option as commander writes it: flags, what it does, default. */
export type OptionSpec = readonly [flags: string, text: string, fallback?: string];

/** A command is one value; the program and the README's table are made from these. */
export interface Command {
  /** Words after `tuban`, e.g. `scenes add`. */
  readonly name: string;
  /** Positional arguments, e.g. `<before> <after>`. */
  readonly args: string;
  readonly summary: string;
  readonly summaryZh: string;
  readonly options: readonly OptionSpec[];
  /** `args` are the positionals, options by camel-cased name as commander gives them: text, true, texts, or absent. */
  run(input: Input, context: Context): Promise<void>;
}

export interface Input {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

/** The text of an option, undefined where it was not given. */
export function text(input: Input, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The texts of an option that takes several (`--photo <files...>`), none where it was not given. */
export function texts(input: Input, name: string): readonly string[] {
  const value = input.options[name];
  return typeof value === 'object' ? value : [];
}

export const JSON_OPTION: OptionSpec = ['--json', 'print JSON on stdout'];
