export type Lang = 'zh' | 'en';

/** A table of texts with the keys and arguments of another: Chinese is the original, and the compiler holds English to it. */
export type Translated<Original> = {
  readonly [K in keyof Original]: Original[K] extends string
    ? string
    : Original[K] extends (...args: infer A) => string
      ? (...args: A) => string
      : { readonly [L in keyof Original[K]]: string };
};
