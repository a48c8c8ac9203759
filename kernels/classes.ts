/** Change classes: their codes in the change raster and their names everywhere else (docs/design.md, section 2). */
export interface ChangeClass {
  readonly code: number;
  readonly name: string;
  readonly zh: string;
  readonly en: string;
  /** Display colour, sRGB hex. */
  readonly colour: string;
}

export const CHANGE_CLASSES = [
  { code: 1, name: 'building_new', zh: '新增建筑', en: 'New building', colour: '#d7191c' },
  { code: 2, name: 'building_removed', zh: '建筑拆除', en: 'Building removed', colour: '#7b3294' },
  { code: 3, name: 'earthwork', zh: '推填土', en: 'Earthwork', colour: '#e08214' },
  { code: 4, name: 'water_gain', zh: '水面增加', en: 'Water gain', colour: '#2166ac' },
  { code: 5, name: 'water_loss', zh: '水面减少', en: 'Water loss', colour: '#41b6c4' },
  { code: 6, name: 'forest_gain', zh: '林地增加', en: 'Forest gain', colour: '#1a9850' },
  { code: 7, name: 'forest_loss', zh: '林地减少', en: 'Forest loss', colour: '#8c6d1f' },
] as const satisfies readonly ChangeClass[];

export type ChangeClassName = (typeof CHANGE_CLASSES)[number]['name'];

/** Code of a pixel with no usable look: nodata, cloud or shadow after, or no usable look before. Never doubt. */
export const UNUSABLE = 255;

/** Land states kept per month and subdistrict, with their codes in the state raster. */
export const STATES = [
  { code: 1, name: 'built', zh: '建设用地', en: 'Built-up' },
  { code: 2, name: 'water', zh: '水面', en: 'Water' },
  { code: 3, name: 'forest', zh: '林地', en: 'Forest' },
  { code: 4, name: 'green', zh: '绿地', en: 'Other vegetation' },
  { code: 5, name: 'other', zh: '其他', en: 'Other' },
] as const;

export type StateName = (typeof STATES)[number]['name'];

/**
 * Code in the state raster of ground in a cast shadow, which cannot be told from one look: areas count it as `other`, and who asks what
 * stood there in that month has not seen it.
 */
export const SHADE = 6;

/** The code of a land state. */
export function codeOfState(name: StateName): number {
  return STATE_CODES[name];
}

const STATE_CODES = Object.fromEntries(STATES.map(({ name, code }) => [name, code])) as Readonly<
  Record<StateName, number>
>;

/** The state that a code of the state raster counts as in areas. */
export function countedState(code: number): number {
  return code === SHADE ? STATE_CODES.other : code;
}

/** 1 亩 in m² = 2000/3. */
export const M2_PER_MU = 2000 / 3;

export function classByName(name: string): (typeof CHANGE_CLASSES)[number] | undefined {
  return CHANGE_CLASSES.find((c) => c.name === name);
}

/** The code of a change class. */
export function codeOf(name: ChangeClassName): number {
  return CODES[name];
}

const CODES = Object.fromEntries(CHANGE_CLASSES.map(({ name, code }) => [name, code])) as Readonly<
  Record<ChangeClassName, number>
>;

export function classByCode(code: number): (typeof CHANGE_CLASSES)[number] | undefined {
  return CHANGE_CLASSES.find((c) => c.code === code);
}
