import type { IncomingMessage, ServerResponse } from 'node:http';
import sharp from 'sharp';
import { z } from 'zod';
import type { FakeState } from './fake-state.js';
import { wanted } from './fake-state.js';
import {
  AREA,
  COUNT,
  DRAFT,
  type MadeLead,
  META,
  PATCHES,
  REPORT,
  RUN,
  SUBDISTRICTS,
  TOKEN,
} from './made-data.js';

const CSRF = 'csrf-of-the-test';
const Fields = z.record(z.string(), z.coerce.string());

/** The API of the real server as far as the page's tests go, over made data. */
export async function answerApi(
  state: FakeState,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET' } = request;
  const path = decodeURIComponent(url.pathname);
  state.asked.push(`${method} ${url.pathname}${url.search}`);
  const json = (body: unknown, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const problem = (status: number, detail: string) =>
    response
      .writeHead(status, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify({ title: 'x', status, detail }));
  if (path === '/api/session') {
    if (method === 'POST') {
      const { name, password } = Fields.parse(JSON.parse(String(await body(request))));
      if (password !== 'right') return void problem(401, 'Name or password is wrong');
      state.user = { name, role: 'administrator', subdistricts: [] };
    }
    if (method === 'DELETE') state.user = null;
    return void json({ user: state.user, csrf: state.user ? CSRF : null });
  }
  if (state.user === null) return void problem(401, 'Sign in first');
  if (method !== 'GET' && request.headers['x-csrf-token'] !== CSRF) return void problem(403, 'CSRF');
  const step = /^\/api\/leads\/([^/]+)\/(steps|photos)$/.exec(path);
  if (step && method === 'POST') return takeStep(state, step[1], request, json, problem);
  if (path === '/api/session/password') {
    const { old } = Fields.parse(JSON.parse(String(await body(request))));
    if (old !== 'right') return void problem(403, 'The old password is wrong');
    state.user = null;
    return void response.writeHead(204).end();
  }
  if (path === '/api/tokens' && method === 'POST') {
    const { label } = Fields.parse(JSON.parse(String(await body(request))));
    const made = { ...TOKEN, id: 'new', label };
    state.tokens.push(made);
    return void json({ ...made, token: 'tuban_secret' }, 201);
  }
  if (path.startsWith('/api/tokens/') && method === 'DELETE') {
    state.tokens = state.tokens.filter(({ id }) => !path.endsWith(id));
    return void response.writeHead(204).end();
  }
  if (path === '/api/leads/results') {
    const text = String(await body(request));
    if (!text.includes('bad row')) return void json({ done: 2, unchanged: 1 });
    return void problem(
      400,
      'file.csv: row 2: 监测编号 is empty; row 5: 核查结论 "x" is unknown. Nothing was imported',
    );
  }
  const onRun = /^\/api\/runs\/([\w-]+)\/(publish|discard|resume|cancel)$/.exec(path);
  if (onRun && method === 'POST') {
    const text = String(await body(request));
    const fields = text === '' ? {} : Fields.parse(JSON.parse(text));
    state.told.push({ lead: onRun[1], id: '', what: onRun[2], fields });
    if (onRun[2] === 'publish')
      state.runs = [
        { ...DRAFT, status: 'published' },
        { ...RUN, status: 'replaced' },
      ];
    return void json({}, 200);
  }
  if (path === '/api/runs/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
    const watcher = (task: object) =>
      response.write(`${'event' in task ? 'event: log\n' : ''}data: ${JSON.stringify(task)}\n\n`);
    state.watchers.add(watcher);
    return void request.on('close', () => state.watchers.delete(watcher));
  }
  if (path.endsWith('.jpg')) {
    const colour = path.endsWith('before.jpg') ? '#7d9b6a' : '#b39b74';
    const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: colour } });
    return void response
      .writeHead(200, { 'content-type': 'image/jpeg' })
      .end(await picture.jpeg().toBuffer());
  }
  if (path.endsWith('.svg')) {
    const box = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M2 2h5v5H2Z"/></svg>';
    return void response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(box);
  }
  const found = read(state, path, url.searchParams);
  if (found === null) problem(404, 'There is nothing at this address');
  else json(found, method === 'POST' ? 201 : 200);
}

function read(state: FakeState, path: string, query: URLSearchParams): unknown {
  const patch = /^\/api\/patches\/([^/]+)$/.exec(path);
  const lead = /^\/api\/leads\/([^/]+)$/.exec(path);
  if (path === '/api/patches/export')
    return { exported: PATCHES.filter(wanted(query)).map((one) => one.number) };
  if (patch) {
    const one = PATCHES.find(({ number }) => number === patch[1]);
    return one ? patchDetail(one) : null;
  }
  if (lead) {
    const one = state.leads.find(({ number }) => number === lead[1]);
    return one ? leadDetail(state, one) : null;
  }
  if (path === '/api/patches') {
    const items = PATCHES.filter(wanted(query)).map(({ ring: _, ...rest }) => rest);
    return { items, next: null, total: items.length };
  }
  if (path === '/api/leads') {
    const items = state.leads.filter(
      (one) =>
        (query.get('status') ?? one.status) === one.status &&
        (query.get('disposition') ?? one.disposition) === one.disposition &&
        (query.get('overdue') !== 'true' || one.overdue),
    );
    return { items, next: null, total: items.length };
  }
  if (path === '/api/tokens') return { items: state.tokens };
  if (path === '/api/runs') return { items: state.runs, next: null };
  return FIXED[path] ?? null;
}

function patchDetail({ ring, bbox: _, ...rest }: (typeof PATCHES)[number]) {
  const looks = [{ kind: 'later', before: '2026-07', after: '2026-09', usable: 1, holding: 0.9 }];
  return {
    ...rest,
    geometry: { type: 'Polygon', coordinates: [ring] },
    looks,
    lead: { status: 'assigned', disposition: 'sent' },
  };
}

function leadDetail(state: FakeState, lead: MadeLead) {
  const told = state.told.filter(({ lead: number }) => number === lead.number);
  const at = '2026-09-02T02:00:00.000Z';
  return {
    ...lead,
    events: [
      { id: 'e0', kind: 'created', at, who: 'tuban', note: null, status: 'new' },
      ...told.map(({ id, what }) => ({ id, kind: what, at, who: '张三', note: null, status: lead.status })),
    ],
    photos: [],
    links: {
      amap: 'https://uri.amap.com/',
      tencent: 'https://apis.map.qq.com/',
      baidu: 'https://api.map.baidu.com/',
    },
  };
}

const AFTER: Readonly<Record<string, string>> = { visit: 'visited', assign: 'assigned', close: 'closed' };

async function takeStep(
  state: FakeState,
  number: string,
  request: IncomingMessage,
  json: (body: unknown, status?: number) => unknown,
  problem: (status: number, detail: string) => unknown,
): Promise<void> {
  const bytes = await body(request);
  if (state.refusal !== null) return void problem(state.refusal, `The lead ${number} cannot take this step`);
  const multipart = (request.headers['content-type'] ?? '').startsWith('multipart/');
  const fields = multipart
    ? formFields(bytes.toString('latin1'))
    : Fields.parse(JSON.parse(bytes.toString()));
  const lead = state.leads.find((one) => one.number === number);
  if (!lead) return void problem(404, 'no lead');
  const what = multipart ? 'photo' : fields.step;
  if (!state.told.some(({ id }) => id === fields.id)) {
    state.told.push({ lead: number, id: fields.id, what, fields });
    lead.status = what === 'verdict' ? fields.verdict : (AFTER[what] ?? lead.status);
  }
  json({ ...lead, warnings: [] });
}

/** Text fields of a multipart body; the file only by its size. */
function formFields(text: string): Record<string, string> {
  const parts = text.split(/--[-\w]+\r\n/).slice(1);
  return Object.fromEntries(
    parts.map((part) => {
      const name = /name="([^"]+)"/.exec(part)?.[1] ?? '';
      const value = part.slice(part.indexOf('\r\n\r\n') + 4).replace(/\r\n(--.*)?$/s, '');
      return [name, name === 'file' ? String(value.length) : value];
    }),
  );
}

async function body(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const FIGURES = {
  patches: { building_new: { count: 2, area_m2: 900 }, earthwork: { count: 1, area_m2: 700 } },
  leads: { assigned: 2 },
  overdue: 1,
};
const FIXED: Readonly<Record<string, unknown>> = {
  '/api/meta': META,
  '/api/subdistricts.geojson': {
    type: 'FeatureCollection',
    features: SUBDISTRICTS.map(({ code, name, ring }) => ({
      type: 'Feature',
      properties: { code, name },
      geometry: { type: 'Polygon', coordinates: [ring] },
    })),
  },
  '/api/runs/7/log': {
    items: [
      { at: '2026-09-01T01:00:00.000Z', level: 'info', event: 'Run:Start', data: { after: ['2026-08.tif'] } },
      {
        at: '2026-09-01T01:01:00.000Z',
        level: 'warn',
        event: 'Scene:Aligned',
        data: { scene: '2026-07.tif', dx_px: 0.1, dy_px: 3.2, reliable: false },
      },
    ],
  },
  '/api/runs/7/comparison': {
    draft: { run: DRAFT, patches: [COUNT, { ...COUNT, class: 'earthwork' }], areas: [AREA] },
    published: { run: RUN, patches: [{ ...COUNT, count: 5 }], areas: [AREA] },
    numbers: { kept: 2, new: 1, gone: 3 },
    new: [PATCHES[1]],
    gone: [PATCHES[2]],
    leads: { made: 1, changed: 0, unchanged: 0 },
  },
  '/api/scenes': {
    months: [{ month: '2026-08', scenes: [{ id: 's', sensor: 'GF-2', acquired: null, resolution_m: 1 }] }],
    missing: ['2026-05'],
  },
  '/api/overview': {
    month: '2026-08',
    subdistricts: SUBDISTRICTS.map(({ code, name }) => ({ code, name, ...FIGURES })),
    totals: FIGURES,
    density: PATCHES.map(({ centroid: [lon, lat] }, i) => ({ lon, lat, patches: 1, leads: i % 2 })),
    alerts: [
      { kind: 'overdue', subdistrict_code: '440303001', zh: '桂园街道：1 条逾期', en: '1 overdue', count: 1 },
    ],
  },
  '/api/users': {
    items: [{ name: '张三', role: 'administrator', subdistricts: [], active: true }],
  },
  '/api/audit': {
    items: [
      {
        at: '2026-09-01T01:00:00.000Z',
        who: '张三',
        action: 'session.begun',
        target: null,
        address: '127.0.0.1',
      },
    ],
    next: null,
  },
  '/api/permits': { items: [], next: null },
  '/api/cameras': {
    items: [{ id: 'C1', name: '东门北路高空摄像头', position: [114.12, 22.55] }],
    next: null,
  },
  '/api/report': REPORT,
};
