import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{jobs,raster,vector,kernels,reports,samples,bench,training}/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
});
