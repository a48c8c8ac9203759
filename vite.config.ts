import { defineConfig } from 'vite';

/** The web application's page, built into files that the server hands out: no address outside, nothing inline. */
export default defineConfig({
  root: 'reports/web/client',
  base: '/',
  publicDir: false,
  build: {
    outDir: '../../../dist/reports/web/client',
    emptyOutDir: true,
    target: 'es2022',
    // a data: address would need a wider content security policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // MapLibre alone is larger than the usual limit; it is loaded only by pages with a map
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es' },
  logLevel: 'warn',
});
