import type { KernelSource } from './backend.js';

type Helper = (...args: never[]) => number;

/** A helper function as text: `return expression` of its parameters. */
interface Formula {
  readonly parameters: readonly string[];
  readonly expression: string;
}

/**
 * The same kernel with its helper functions written out where they are called: the states of a pixel take a sixth of the
 * time on webasm, which computes four pixels at once but calls a helper for one after the other, and an eighth on cpu. A helper
 * must be a single `return` of an expression, and an argument that is not cheap should be a `const` of the kernel: it
 * is written as often as the helper names it. Run as TypeScript, the kernel still calls its helpers.
 * @throws Error where a helper is more than an expression.
 */
export function inlined({ name, kernel, functions = [] }: KernelSource): KernelSource {
  const formulas = new Map(functions.map((helper) => [helper.name, formulaOf(helper)]));
  const text = writeOut(plainCalls(kernel.toString()), formulas);
  const original = kernel as (...args: unknown[]) => number;
  const call = function (this: unknown, ...args: unknown[]): number {
    return original.apply(this, args);
  };
  // GPU.js reads a kernel by its text
  call.toString = () => text;
  return { name, kernel: call as KernelSource['kernel'] };
}

/** Text without comments, and calls of imported functions by their bare names, however the loader rewrote them. */
function plainCalls(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .replace(/\(0,\s*[\w$]+\.([\w$]+)\)\(/g, '$1(')
    .replace(/\b__vi\w*\.([\w$]+)\(/g, '$1(');
}

function formulaOf(helper: Helper): Formula {
  const text = plainCalls(helper.toString());
  const match = /^function\s*[\w$]*\s*\(([^)]*)\)\s*\{\s*return\s+([^;]*);?\s*\}$/.exec(text.trim());
  if (match === null) {
    throw new Error(
      `kernel helper ${helper.name}: has statements; expected a single return of an expression`,
    );
  }
  const parameters = match[1].split(',').map((parameter) => parameter.trim());
  return { parameters: parameters.filter((parameter) => parameter !== ''), expression: match[2] };
}

/** Puts formulas in the place of calls until no call of one is left. */
function writeOut(text: string, formulas: ReadonlyMap<string, Formula>): string {
  const calls = new RegExp(`(?<![\\w$.])(${[...formulas.keys()].join('|')})\\(`);
  let rest = text;
  for (let match = calls.exec(rest); match !== null; match = calls.exec(rest)) {
    const formula = formulas.get(match[1]);
    if (formula === undefined) break;
    const { args, end } = readArguments(rest, match.index + match[0].length);
    rest = `${rest.slice(0, match.index)}(${substitute(formula, args)})${rest.slice(end)}`;
  }
  return rest;
}

/** The arguments of a call whose bracket opens just before `start`, and where the call ends. */
function readArguments(
  text: string,
  start: number,
): { readonly args: readonly string[]; readonly end: number } {
  const args: string[] = [];
  let depth = 1;
  let from = start;
  let i = start;
  for (; depth > 0 && i < text.length; i++) {
    const sign = text[i];
    if (sign === '(' || sign === '[') depth++;
    if (sign === ')' || sign === ']') depth--;
    if ((sign === ',' && depth === 1) || depth === 0) {
      args.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  return { args: args.filter((arg) => arg !== ''), end: i };
}

function substitute({ parameters, expression }: Formula, args: readonly string[]): string {
  return expression.replace(/(?<![\w$.])[A-Za-z_$][\w$]*/g, (word) => {
    const k = parameters.indexOf(word);
    return k < 0 ? word : bracketed(args[k]);
  });
}

/** Brackets around anything but a name or a number. */
function bracketed(text: string): string {
  return /^[\w$.]+$/.test(text) ? text : `(${text})`;
}
