import type { Position } from 'gcoord';

// its types speak of an ES module's default; what Node loads is the CommonJS object itself
declare module 'gcoord' {
  export const WGS84: 'WGS84';
  export const GCJ02: 'GCJ02';
  export const BD09: 'BD09';
  export function transform<T extends Position>(input: T, from: string, to: string): T;
}
