// Makes docs/images/report.jpg and report.en.jpg, the pictures of the READMEs, from the reports of a finished demo: the page's top and
// its map side by side. Needs a Chromium (`CHROMIUM` names it where it is not called `chromium`).
// node scripts/report-picture.mjs [demo folder]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';

/** Size of each half in CSS px, the gap around, and the width of the whole as saved. */
const [WIDTH, HEIGHT, GAP, SAVED] = [1060, 1200, 20, 1500];
const PLAIN =
  'html,body{background:#fff!important;margin:0!important}main{margin:0 auto!important;box-shadow:none!important}';
const HALVES = ['', 'main>header,main>section:first-of-type{display:none}'];

const demo = process.argv[2] ?? 'demo';
const scratch = mkdtempSync(join(tmpdir(), 'report-picture-'));

function screenshot(page, style, name) {
  const [copy, picture] = [join(scratch, `${name}.html`), join(scratch, `${name}.png`)];
  writeFileSync(copy, page.replace('</head>', `<style>${PLAIN}${style}</style></head>`));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run'];
  flags.push('--disable-background-networking', `--user-data-dir=${join(scratch, 'profile')}`);
  flags.push(`--window-size=${WIDTH},${HEIGHT}`, `--screenshot=${picture}`, pathToFileURL(copy).href);
  execFileSync(process.env.CHROMIUM ?? 'chromium', flags, { stdio: 'ignore', timeout: 120_000 });
  return picture;
}

try {
  for (const file of readdirSync(demo).filter((name) => /^report-.*\.html$/.test(name))) {
    const page = readFileSync(join(demo, file), 'utf8');
    const halves = HALVES.map((style, k) => ({
      input: screenshot(page, style, `${file}-${k}`),
      left: GAP + k * (WIDTH + GAP),
      top: GAP,
    }));
    const size = { width: 2 * WIDTH + 3 * GAP, height: HEIGHT + 2 * GAP };
    const whole = await sharp({ create: { ...size, channels: 3, background: '#dfe4e9' } })
      .composite(halves)
      .png()
      .toBuffer();
    const out = join('docs', 'images', file.endsWith('.en.html') ? 'report.en.jpg' : 'report.jpg');
    await sharp(whole).resize({ width: SAVED }).jpeg({ quality: 82, mozjpeg: true }).toFile(out);
    console.log(`${out} written`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
