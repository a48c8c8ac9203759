import { booleanPointInPolygon, point, polygon } from '@turf/turf';
import type { Point } from '../../raster/affine.js';
import { BadInput } from '../../raster/errors.js';
import type { Subdistrict } from '../patch.js';
import { shiftOf, strayOf } from './gcj02.js';

/** Places looked at: enough to see a shift of hundreds of metres in a file of any size. */
const MOST_PLACES = 2000;

const CURE = 'Say --from gcj02 to have them converted, or --from wgs84 where they are right as they are';

/**
 * Looks whether places are in GCJ-02 by where they lie to the subdistricts there are.
 * @param places longitude, latitude, one of each row.
 * @throws BadInput naming the file and the cure where more of them lie in the district once converted.
 */
export function assertInFrame(
  path: string,
  places: readonly Point[],
  district: readonly Subdistrict[],
): void {
  if (district.length === 0) return;
  const step = Math.max(1, Math.ceil(places.length / MOST_PLACES));
  const stray = strayOf(
    places.filter((_, index) => index % step === 0),
    insideOf(district),
  );
  if (stray === null) return;
  throw new BadInput(
    `${path}: its coordinates seem to be GCJ-02: ${stray.asGiven} of its places lie outside the subdistricts, converted ${stray.converted}. ${CURE}`,
  );
}

/**
 * Looks whether subdistricts are in GCJ-02 by where those of the same code lie that were imported before.
 * @throws BadInput naming the file and the cure where they fit only once converted.
 */
export function assertSameFrame(
  path: string,
  given: readonly Subdistrict[],
  known: readonly Subdistrict[],
): void {
  const middles = new Map(known.map((subdistrict) => [subdistrict.code, middleOf(subdistrict)]));
  const pairs = given.flatMap((subdistrict): [Point, Point][] => {
    const before = middles.get(subdistrict.code);
    return before === undefined ? [] : [[middleOf(subdistrict), before]];
  });
  const shift = shiftOf(pairs);
  if (shift === null) return;
  throw new BadInput(
    `${path}: its coordinates seem to be GCJ-02: its subdistricts lie ${Math.round(shift.asGiven)} m from those there are, converted ${Math.round(shift.converted)} m. ${CURE}`,
  );
}

function insideOf(district: readonly Subdistrict[]): (place: Point) => boolean {
  const parts = district.flatMap(({ polygons }) =>
    polygons.map((rings) => polygon(rings.map((ring) => ring.map(([x, y]) => [x, y])))),
  );
  return ([x, y]) => parts.some((part) => booleanPointInPolygon(point([x, y]), part));
}

/** Middle of the box: outlines of another source have other points, and the same extent. */
function middleOf({ polygons }: Subdistrict): Point {
  const points = polygons.flat(2);
  const middle = (of: readonly number[]) =>
    (of.reduce((a, b) => Math.min(a, b)) + of.reduce((a, b) => Math.max(a, b))) / 2;
  return [middle(points.map(([x]) => x)), middle(points.map(([, y]) => y))];
}
