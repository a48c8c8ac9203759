import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { keptShell } from './reports/web/client/vite-shell.js';

const client = (name: string) => fileURLToPath(new URL(`reports/web/client/${name}`, import.meta.url));

/** The web application's page, built into files that the server hands out: no address outside, nothing inline. */
export default defineConfig({
  root: 'reports/web/client',
  base: '/',
  publicDir: false,
  plugins: [keptShell()],
  build: {
    outDir: '../../../dist/reports/web/client',
    emptyOutDir: true,
    target: 'es2022',
    // a data: address would need a wider content security policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // MapLibre alone is larger than the usual limit; it is loaded only by pages with a map
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: { index: client('index.html'), sw: client('worker/sw.ts') },
      // a service worker rules over what lies below its own address
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  worker: { format: 'es' },
  logLevel: 'warn',
});
