import { irMad } from './irmad.js';
import { above, otsu } from './otsu.js';
import { pcaKMeans } from './pca-kmeans.js';
import { changeMagnitude, type Planes, standardized } from './planes.js';

/** A method of the literature: 1 where it sees change, of whatever class. */
export interface ClassicalMethod {
  readonly name: string;
  changed(planes: Planes): Uint8Array;
}

/** Thresholds are Otsu's, one a pair of images. Bands are standardized first but where the name says raw. */
export const CLASSICAL: readonly ClassicalMethod[] = [
  { name: 'CVA', changed: (planes) => beyondOtsu(changeMagnitude(standardized(planes))) },
  { name: 'CVA raw', changed: (planes) => beyondOtsu(changeMagnitude(planes)) },
  // the root: a chi-square's tail is too long for a histogram
  { name: 'IR-MAD', changed: (planes) => beyondOtsu(irMad(planes).map(Math.sqrt)) },
  {
    name: 'PCA-k-means',
    changed: (planes) => pcaKMeans(changeMagnitude(standardized(planes)), planes.width, planes.height),
  },
];

function beyondOtsu(measure: Float64Array): Uint8Array {
  return above(measure, otsu(measure));
}
