import type { Lang, Translated } from '../../../../shared/lang.js';
import { en } from './words-en.js';
import { zh } from './words-zh.js';

/** Every text of the page. Chinese is the original; the compiler holds English to the same keys and arguments. */
export type Words = Translated<typeof zh>;

const KEY = 'tuban.lang';

let current: Lang = localStorage.getItem(KEY) === 'en' ? 'en' : 'zh';

export function lang(): Lang {
  return current;
}

export function setLang(next: Lang): void {
  current = next;
  localStorage.setItem(KEY, next);
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
}

/** The words of the language chosen. */
export function t(): Words {
  return current === 'zh' ? zh : en;
}

/** The name of a code in a table of words; the code itself where a newer server has one more. */
export function named(table: Readonly<Record<string, string>>, code: string): string {
  return table[code] ?? code;
}
