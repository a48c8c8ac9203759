// AssemblyScript, compiled to WebAssembly by `npm run build`. Nothing here keeps state: memory is laid out by the caller.

export { dilate, erode, evidenceRow, grow, majority, marks, shadeRow } from './buildings';
export { copyRows } from './copy';
export { deflateRuns } from './deflate';
export { boxMean, brighten, gradient } from './features';
export { indexChange } from './index-change';
export { apart16, apart32, apart8 } from './predictor';
export { halveTile, predictTile } from './steps';
export { stateRow, support } from './states';
export { warp } from './warp';
