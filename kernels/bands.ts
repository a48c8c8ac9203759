/** What a band shows. The order is the order of planes in kernels. */
export const BAND_ROLES = ['blue', 'green', 'red', 'nir', 'swir1', 'swir2'] as const;
export type BandRole = (typeof BAND_ROLES)[number];

export function isBandRole(text: string): text is BandRole {
  return (BAND_ROLES as readonly string[]).includes(text);
}
