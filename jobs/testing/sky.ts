import { newSamples } from '../../raster/cog/spec.js';
import { writeCog } from '../../raster/cog/writer.js';
import { WGS84 } from '../../raster/crs.js';
import { openRaster } from '../../raster/tiff/open.js';

/** Value of a pixel (counted from the upper left corner) of a band (from 0) from what was there; NaN where it becomes empty. */
export type Paint = (value: number, x: number, y: number, band: number) => number;

/** Copies a raster, painted over; `shift` moves its georeference by px, right and down. What is 0 in all bands stays empty. */
export async function repaint(
  from: string,
  to: string,
  paint: Paint,
  shift: readonly [number, number] = [0, 0],
): Promise<string> {
  const file = await openRaster(from);
  try {
    const { width, height, bandCount, transform, sampleType, nodata, bandDescriptions, crs, acquired } =
      file.info;
    const bands = Array.from({ length: bandCount }, (_, b) => b);
    const planes = await file.readWindow(0, { x: 0, y: 0, width, height }, bands);
    const type = sampleType === 'uint8' ? 'uint8' : 'uint16';
    const most = type === 'uint8' ? 255 : 65_535;
    const painted = planes.map((plane, band) => {
      const out = newSamples(type, width * height);
      for (let i = 0; i < out.length; i++) {
        if (planes.every((own) => own[i] === 0)) continue;
        const value = paint(plane[i], i % width, Math.floor(i / width), band);
        if (Number.isNaN(value)) continue;
        out[i] = Math.min(most, Math.max(1, Math.round(value)));
      }
      return out;
    });
    if (transform === null) throw new Error(`${from} is not georeferenced`);
    const [a, b, c, d, e, f] = transform;
    const moved = [a, b, c + a * shift[0], d, e, f + e * shift[1]] as const;
    const grid = { crs: crs ?? WGS84, resolution: Math.abs(a), width, height, transform: moved };
    const descriptions = bandDescriptions.map((name) => name ?? '');
    await writeCog(
      to,
      {
        grid,
        bands: bandCount,
        sampleType: type,
        nodata: nodata ?? undefined,
        overviews: 'average',
        level: 1,
        ...(descriptions.every((name) => name !== '') && { descriptions }),
        ...(acquired !== null && { acquired }),
      },
      painted,
    );
    return to;
  } finally {
    await file.close();
  }
}

/** A round cloud, px: opaque in the middle, fading out over `rim`. */
export interface Cloud {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly rim: number;
}

const opacity = (clouds: readonly Cloud[], x: number, y: number) =>
  Math.max(
    0,
    ...clouds.map((cloud) => {
      const angle = Math.atan2(y - cloud.y, x - cloud.x);
      const radius = cloud.radius * (1 + 0.15 * Math.sin(3 * angle) + 0.07 * Math.sin(7 * angle + 1));
      const u = (radius - Math.hypot(x - cloud.x, y - cloud.y)) / cloud.rim;
      const s = Math.min(1, Math.max(0, u));
      return s * s * (3 - 2 * s);
    }),
  );

/** White clouds, their shadows `away` px off, a veil of haze in a circle, and gain and haze over all. */
export interface Weather {
  readonly clouds?: readonly Cloud[];
  readonly away?: readonly [number, number];
  /** Thinner: up to `hazeStrength` of it is seen. */
  readonly haze?: readonly Cloud[];
  readonly hazeStrength?: number;
  /** What a cloud reflects a band. */
  readonly white: readonly number[];
  readonly gain?: readonly number[];
  readonly offset?: readonly number[];
}

/** Under a sky: light is scattered into the view and ground dimmed by cloud and veil, and dimmed in the cloud's shadow. */
export function under(weather: Weather): Paint {
  const { clouds = [], away = [60, 40], haze = [], hazeStrength = 0.35, white } = weather;
  return (value, x, y, band) => {
    const lit = value * (1 - 0.6 * opacity(clouds, x - away[0], y - away[1]));
    const veil = Math.max(opacity(clouds, x, y), hazeStrength * opacity(haze, x, y));
    const seen = lit * (1 - veil) + white[band] * veil;
    return seen * (weather.gain?.[band] ?? 1) + (weather.offset?.[band] ?? 0);
  };
}
