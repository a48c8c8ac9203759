import type { Backend, Plane } from './backend.js';
import { BAND_ROLES, type BandRole } from './bands.js';
import {
  BUILDINGS,
  type BuildingConstants,
  type BuildingMarks,
  cellFactor,
  cellRadius,
  crossKernel,
  evidenceKernel,
  growKernel,
  majorityKernel,
  shadeKernel,
  shadeMeanKernel,
  turnLevels,
} from './buildings.js';
import { type ChangeClassName, codeOf, codeOfState } from './classes.js';
import type { SceneColour } from './detector.js';
import type { StatePlanes } from './states.js';
import { createBuildingSweep } from './wasm/building-sweep.js';

export interface BuildingOptions {
  readonly backend: Backend;
  readonly width: number;
  readonly height: number;
  readonly resolution: number;
  readonly bands: ReadonlySet<BandRole>;
  readonly colour: { readonly before: SceneColour; readonly after: SceneColour };
}

export type BuildingJudge = (before: Plane, after: Plane) => Promise<BuildingMarks>;

/** Makes ready what finds buildings that came and that are gone in two dates' stacks. The marks are overwritten by the next call. */
export function createBuildings(options: BuildingOptions): BuildingJudge {
  const { backend, width, height, resolution, colour } = options;
  const roles = BAND_ROLES.filter((role) => options.bands.has(role));
  const at = (role: BandRole) => roles.indexOf(role) * width * height;
  const factor = cellFactor(resolution);
  const constants: BuildingConstants = {
    width,
    length: width * height,
    factor,
    across: Math.floor(width / factor),
    down: Math.floor(height / factor),
    radius: cellRadius(factor * resolution),
    atRed: at('red'),
    atGreen: at('green'),
    atBlue: at('blue'),
  };
  const judge =
    backend.name === 'webasm'
      ? createBuildingSweep(constants, colour)
      : createKernels(backend, constants, colour);
  const shape = { factor, width: constants.across, height: constants.down };
  return async (before, after) => ({ ...shape, ...(await judge(before, after)) });
}

function createKernels(
  backend: Backend,
  constants: BuildingConstants,
  colour: BuildingOptions['colour'],
): (before: Plane, after: Plane) => Promise<Pick<BuildingMarks, 'came' | 'gone'>> {
  const { across, down } = constants;
  const cells = across * down;
  const shape = { across, down };
  const shades = (date: SceneColour) => {
    const [red, green, blue] = [date.maps.red, date.maps.green, date.maps.blue];
    const shade = backend.compile(shadeKernel, 3 * cells, {
      ...constants,
      gainRed: red.gain,
      gainGreen: green.gain,
      gainBlue: blue.gain,
      offsetRed: red.offset,
      offsetGreen: green.offset,
      offsetBlue: blue.offset,
    });
    const mean = backend.compile(shadeMeanKernel, 3 * cells, { ...shape, radius: constants.radius });
    return async (stack: Plane) => {
      const plain = await shade.run([stack]);
      return { plain, mean: await mean.run([plain]) };
    };
  };
  const [shadeBefore, shadeAfter] = [shades(colour.before), shades(colour.after)];
  const turn = (here: SceneColour, there: SceneColour) =>
    backend.compile(evidenceKernel, cells, { ...shape, ...turnLevels(here, there) });
  const [came, gone] = [turn(colour.after, colour.before), turn(colour.before, colour.after)];
  const erode = backend.compile(crossKernel, cells, { ...shape, least: 5 });
  const dilate = backend.compile(crossKernel, cells, { ...shape, least: 1 });
  const grow = backend.compile(growKernel, cells, shape);
  const majority = backend.compile(majorityKernel, cells, shape);
  const marks = { came: new Uint8Array(cells), gone: new Uint8Array(cells) };
  const shaped = async (evidence: Plane, out: Uint8Array) => {
    let packed = await dilate.run([await erode.run([evidence])]);
    for (let k = 0; k < BUILDINGS.growth; k++) packed = await grow.run([packed]);
    for (let k = 0; k < BUILDINGS.smoothings; k++) packed = await majority.run([packed]);
    for (let i = 0; i < cells; i++) out[i] = packed[i] & 1 ? Math.max(64, packed[i] >> 1) : 0;
  };
  return async (before, after) => {
    const first = await shadeBefore(before);
    const second = await shadeAfter(after);
    await shaped(await came.run([second.mean, first.mean, second.plain]), marks.came);
    await shaped(await gone.run([first.mean, second.mean, first.plain]), marks.gone);
    return marks;
  };
}

const BUILT = codeOfState('built');
const OTHER = codeOfState('other');
const [NEW, REMOVED] = [codeOf('building_new'), codeOf('building_removed')];

/** Puts buildings that came and that are gone over the other classes, and makes the states say the same. */
export function markBuildings(
  detection: StatePlanes,
  { factor, width: across, height: down, came, gone }: BuildingMarks,
  width: number,
  classes: ReadonlySet<ChangeClassName>,
): void {
  const { code, confidence, bare, stateBefore, stateAfter } = detection;
  const mark = (cell: number, value: number, sure: number) => {
    const start = Math.floor(cell / across) * factor * width + (cell % across) * factor;
    const [here, there] = value === NEW ? [stateAfter, stateBefore] : [stateBefore, stateAfter];
    for (let y = 0; y < factor; y++) {
      for (let i = start + y * width; i < start + y * width + factor; i++) {
        code[i] = value;
        confidence[i] = sure;
        bare[i] = 0;
        here[i] = BUILT;
        if (there[i] === BUILT) there[i] = OTHER;
      }
    }
  };
  const [some, others] = [classes.has('building_new'), classes.has('building_removed')];
  for (let cell = 0; cell < across * down; cell++) {
    if (some && came[cell] > 0) mark(cell, NEW, came[cell]);
    else if (others && gone[cell] > 0) mark(cell, REMOVED, gone[cell]);
  }
}
