import { bodiesOf, coreOf } from './bodies.js';
import { type ChangeClassName, codeOf } from './classes.js';
import type { DateBlock, Detection, SceneLook } from './detector.js';
import { stepsOf } from './steps.js';

/** Below this share of the scene's own canopy a body is as smooth as a field. */
const SMOOTH = 0.5;

/**
 * Takes woods that are none out of what was gained and lost. Under a low sun a ripe field in the plain is as dark and as green as a wood on a
 * sunlit slope; but crowns shade each other, and no field is half as rough as they are (of texture for telling woods in fine pixels: Coburn and
 * Roberts 2004, Int. J. Remote Sensing 25(20)). A body is judged by the mean of its steps where it is whole, on the date that is to show a wood: one pixel
 * says little, and a field's edge is rough. What was laid bare there is earthwork, where `classes` asks for it. Overwrites code, confidence and bare; `stride` px a row.
 */
export function dropSmooth(
  { code, confidence, bare }: Detection,
  stride: number,
  before: DateBlock,
  after: DateBlock,
  look: SceneLook,
  classes: ReadonlySet<ChangeClassName>,
): void {
  if (look.crowns === 0) return;
  const laidBare = classes.has('earthwork') ? codeOf('earthwork') : 0;
  for (const [name, date] of [
    ['forest_gain', after],
    ['forest_loss', before],
  ] as const) {
    const step = stepsOf(date, look, stride);
    for (const body of bodiesOf(code, codeOf(name), stride)) {
      const core = coreOf(body, code, stride);
      const sum = core.reduce((total, at) => total + step(at), 0);
      if (sum >= SMOOTH * look.crowns * core.length) continue;
      for (const at of body) {
        code[at] = name === 'forest_loss' && bare?.[at] === 1 ? laidBare : 0;
        if (code[at] === 0) confidence[at] = 0;
        if (bare !== null) bare[at] = 0;
      }
    }
  }
}
