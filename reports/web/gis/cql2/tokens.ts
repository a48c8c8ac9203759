import { Problem } from '../../problem.js';

/** A word of CQL2 Text. `quoted` is a property's name in double quotes, never a keyword. */
export interface Token {
  readonly kind: 'name' | 'quoted' | 'string' | 'number' | 'mark';
  /** Quotes taken off. */
  readonly text: string;
  /** Place in the text, from 0. */
  readonly at: number;
}

/** Longest filter, characters. */
const MOST_TEXT = 8000;

const SPACE = /\s+/y;
const PATTERNS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['number', /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y],
  ['name', /[\p{L}_:][\p{L}\p{N}_:.]*/uy],
  ['quoted', /"([^"]+)"/y],
  ['string', /'((?:[^']|'')*)'/y],
  ['mark', /<>|<=|>=|[=<>(),]/y],
];

/** @throws Problem 400 at the first character that begins nothing known. */
export function tokenize(text: string): Token[] {
  if (text.length > MOST_TEXT) throw new Problem(400, `filter: longer than ${MOST_TEXT} characters`);
  const tokens: Token[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const token = tokenAt(text, at);
    if (token === null) {
      throw new Problem(400, `filter: "${text.slice(at, at + 12)}" (character ${at + 1}) is not understood`);
    }
    tokens.push(token.token);
    at = skipSpace(text, token.end);
  }
  return tokens;
}

function tokenAt(text: string, at: number): { readonly token: Token; readonly end: number } | null {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) continue;
    const inner = found[1] ?? found[0];
    const value = kind === 'string' ? inner.replaceAll("''", "'") : inner;
    return { token: { kind, text: value, at }, end: at + found[0].length };
  }
  return null;
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  const found = SPACE.exec(text);
  return found === null ? at : at + found[0].length;
}
