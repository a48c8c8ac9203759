import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin, Rolldown } from 'vite';

const ICONS = [192, 512].map((size) => ({ size, file: new URL(`icons/icon-${size}.png`, import.meta.url) }));
/** Chunks an officer needs with no signal; the rest (the map) is kept once it has been used. */
const OFFLINE = ['index', 'leads'];

/**
 * Makes the page one that a phone can keep: the web manifest with its icons, and in the service worker the list of the
 * files of the shell, by their hashed names.
 */
export function keptShell(): Plugin {
  let icons: { readonly size: number; readonly ref: string }[] = [];
  return {
    name: 'tuban-kept-shell',
    apply: 'build',
    buildStart() {
      icons = ICONS.map(({ size, file }) => ({
        size,
        ref: this.emitFile({
          type: 'asset',
          name: `icon-${size}.png`,
          source: readFileSync(fileURLToPath(file)),
        }),
      }));
    },
    transformIndexHtml: {
      order: 'post',
      handler: () => [{ tag: 'link', attrs: { rel: 'manifest', href: '/manifest.webmanifest' } }],
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        this.emitFile({
          type: 'asset',
          fileName: 'manifest.webmanifest',
          source: JSON.stringify(
            manifest(icons.map(({ size, ref }) => ({ size, src: `/${this.getFileName(ref)}` }))),
          ),
        });
        const worker = bundle['sw.js'];
        const document = bundle['index.html'];
        if (worker?.type !== 'chunk' || document?.type !== 'asset')
          throw new Error('sw.js or index.html is missing');
        const files = ['/', '/manifest.webmanifest', ...shellFiles(bundle).map((name) => `/${name}`)];
        const version = createHash('sha256')
          .update(JSON.stringify(files))
          .update(document.source)
          .digest('hex')
          .slice(0, 12);
        const mark = '__TUBAN_SHELL__';
        if (!worker.code.includes(mark)) throw new Error(`sw.js has no ${mark}`);
        worker.code = worker.code.replace(mark, JSON.stringify({ version, files }));
      },
    },
  };
}

/** The chunks that work offline with all they import, their styles, and small assets; nothing that only a map needs. */
function shellFiles(bundle: Rolldown.OutputBundle): string[] {
  const wanted = new Set<string>();
  const add = (name: string) => {
    const chunk = bundle[name];
    if (chunk?.type !== 'chunk' || wanted.has(name)) return;
    wanted.add(name);
    for (const file of [...chunk.imports]) add(file);
  };
  for (const one of Object.values(bundle)) {
    if (one.type === 'chunk' && OFFLINE.includes(one.name)) add(one.fileName);
    if (one.type === 'asset' && /(^|\/)(index-[^/]*\.css|icon-[^/]*\.(svg|png))$/.test(one.fileName))
      wanted.add(one.fileName);
  }
  return [...wanted].sort();
}

function manifest(icons: readonly { readonly size: number; readonly src: string }[]) {
  return {
    name: '图斑 土地变化遥感监测',
    short_name: '图斑',
    lang: 'zh-CN',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: '#f3f6f7',
    theme_color: '#12384f',
    icons: icons.map(({ size, src }) => ({ src, sizes: `${size}x${size}`, type: 'image/png' })),
  };
}
