import { CHANGE_CLASSES, type ChangeClassName, STATES } from '../../kernels/classes.js';
import type { PatchState } from '../../vector/patch.js';
import type { Lang, Translated } from '../shared/lang.js';
import type { AreaKey, Place } from './tally.js';
import { en } from './words-en.js';
import { zh } from './words-zh.js';

/** Every text of the report. Chinese is the original; the compiler holds English to the same keys and arguments. */
export type Words = Translated<typeof zh>;

export function wordsOf(lang: Lang): Words {
  return lang === 'zh' ? zh : en;
}

export function className(name: ChangeClassName, lang: Lang): string {
  const found = CHANGE_CLASSES.find((c) => c.name === name);
  return found ? found[lang] : name;
}

export function classColour(name: ChangeClassName): string {
  return CHANGE_CLASSES.find((c) => c.name === name)?.colour ?? '#666666';
}

export function areaName(key: AreaKey, lang: Lang): string {
  if (key === 'forest_green') return wordsOf(lang).forestGreen;
  const found = STATES.find((s) => s.name === key);
  return found ? found[lang] : key;
}

export function stateWords(state: PatchState, words: Words): string {
  return words.patchStates[state];
}

/** The name of a row's place. `alone`: there are no subdistricts, so the outside is all there is. */
export function placeName(place: Place, words: Words, alone: boolean): string {
  if (place.kind === 'subdistrict') return place.name;
  if (place.kind === 'total') return words.total;
  return alone ? words.whole : words.outside;
}
