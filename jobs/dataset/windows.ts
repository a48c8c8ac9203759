import type { BandRole } from '../../kernels/bands.js';
import type { CogSampleType } from '../../raster/cog/spec.js';
import type { OpenedScene } from '../../raster/engine/prepare.js';
import type { Grid, Window } from '../../raster/grid.js';
import type { Place } from './split.js';

/** Places of the chips of `side` px that cover a grid; the last ones may reach beyond it. */
export function placesOf({ width, height }: Pick<Grid, 'width' | 'height'>, side: number): Place[] {
  const places: Place[] = [];
  // what less than a quarter of a chip would show is left out
  const count = (length: number) => Math.max(1, Math.ceil(length / side - 0.25));
  for (let row = 0; row < count(height); row++)
    for (let column = 0; column < count(width); column++) places.push({ column, row });
  return places;
}

export function windowAt({ column, row }: Place, side: number): Window {
  return { x: column * side, y: row * side, width: side, height: side };
}

/** The type that holds the samples of all scenes as their files do: whole numbers where nothing is scaled. */
export function sampleTypeOf(scenes: readonly OpenedScene[], bands: readonly BandRole[]): CogSampleType {
  const types = new Set(
    scenes.flatMap(({ scene }) =>
      bands.map((role) => {
        const band = scene.bands.get(role);
        const plain = band !== undefined && band.scale === 1 && band.offset === 0;
        return plain ? band.file.info.sampleType : 'float32';
      }),
    ),
  );
  if (types.size === 1 && types.has('uint8')) return 'uint8';
  return [...types].every((type) => type === 'uint8' || type === 'uint16') ? 'uint16' : 'float32';
}
