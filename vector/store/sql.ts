/** Values of a statement in the making: text from outside only ever goes in here. */
export interface SqlParameters {
  /** Adds a value; its place as `$n`. */
  add(value: unknown): string;
  readonly values: readonly unknown[];
}

export function sqlParameters(): SqlParameters {
  const values: unknown[] = [];
  return { values, add: (value) => `$${values.push(value)}` };
}
