import { expect, it } from 'vitest';
import { en } from './words-en.js';
import { zh } from './words-zh.js';

function texts(words: object, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') found.set(path + key, value);
    else if (typeof value === 'function') found.set(path + key, value(...Array(value.length).fill('7')));
    else for (const [inner, text] of texts(value, `${path}${key}.`)) found.set(inner, text);
  }
  return found;
}

it('has the same keys in both languages, none empty but the gap between sentences', () => {
  expect([...texts(en).keys()].sort()).toEqual([...texts(zh).keys()].sort());
  for (const [key, text] of [...texts(zh), ...texts(en)])
    if (key !== 'sentenceGap') expect(text, key).not.toBe('');
});

it('has no Chinese left in English', () => {
  for (const [key, text] of texts(en)) expect(text, key).not.toMatch(/[\u3000-\u9fff\uff00-\uffef]/);
});

it('uses every argument in both languages', () => {
  for (const words of [zh, en]) {
    for (const [key, value] of Object.entries(words)) {
      if (typeof value !== 'function') continue;
      const args = Array.from({ length: value.length }, (_, i) => `<${i}>`);
      const text = Reflect.apply(value, null, args);
      for (const arg of args) expect(text, key).toContain(arg);
    }
  }
});
