import { inflateRawSync } from 'node:zlib';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../../samples/random.js';
import { addUser } from '../../../vector/store/users.js';
import { makeToken } from '../sign-in.js';
import { FOREIGN, openTestSite, type TestSite } from '../testing.js';
import { DRILL, told } from './drill.js';
import { REQUESTS } from './scope.js';
import { requestOf } from './targets.js';

const COUNT = DRILL ? REQUESTS.drill : REQUESTS.usual;
/** Asked at once, as from many phones and desks. */
const AT_ONCE = 16;
/** A GeoPackage takes GDAL seconds: few are asked for. */
const FORMATS = ['geojson', 'csv', 'shp', ...(DRILL ? ['gpkg'] : [])];

interface Asker {
  readonly name: string;
  readonly headers: Record<string, string>;
  /** Numbers and words that must never come to them. */
  readonly foreign: readonly string[];
}

let site: TestSite;
let askers: Asker[];

beforeAll(async () => {
  site = await openTestSite();
  const { db, clock, numbers } = site;
  await addUser(db, { name: 'officer-2', role: 'officer', subdistricts: [FOREIGN], passwordHash: '-' });
  const { token } = await makeToken(db, { user: 'officer-2', label: 'x', days: 30 }, clock.now);
  const second = { authorization: `Bearer ${token}` };
  const all = [numbers.own, numbers.second, numbers.foreign];
  // what is said of a lead is as much somebody's as its number
  for (const [number, word] of [
    [numbers.own, 'word-of-the-first'],
    [numbers.foreign, 'word-of-the-second'],
  ]) {
    const id = `00000000-0000-4000-8000-0000000000${number === numbers.own ? '01' : '02'}`;
    const step = { step: 'note', note: word, id };
    const answer = await site.app.inject({
      method: 'POST',
      url: `/api/leads/${number}/steps`,
      headers: site.headers('analyst'),
      payload: step,
    });
    expect(answer.statusCode).toBe(200);
  }
  askers = [
    { name: 'stranger', headers: {}, foreign: [...all, 'word-of-the-first', 'word-of-the-second'] },
    { name: 'officer', headers: site.headers('officer'), foreign: [numbers.foreign, 'word-of-the-second'] },
    { name: 'officer-2', headers: second, foreign: [numbers.own, numbers.second, 'word-of-the-first'] },
    { name: 'planner', headers: site.headers('planner'), foreign: [] },
    { name: 'analyst', headers: site.headers('analyst'), foreign: [] },
    { name: 'administrator', headers: site.headers('administrator'), foreign: [] },
  ];
});
afterAll(() => site.dispose());

/** A body as text, whatever it is packed in. */
function textOf(bytes: Buffer): string {
  // the parts of a ZIP (a shapefile): each deflated behind its local header (APPNOTE 4.3.7)
  if (bytes.subarray(0, 4).toString('latin1') !== 'PK\u0003\u0004') return bytes.toString('utf8');
  const texts: string[] = [];
  for (let at = bytes.indexOf('PK\u0003\u0004'); at >= 0; at = bytes.indexOf('PK\u0003\u0004', at + 4)) {
    const from = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
    try {
      texts.push(inflateRawSync(bytes.subarray(from)).toString('latin1'));
    } catch {
      texts.push(bytes.subarray(from, from + 1000).toString('latin1'));
    }
  }
  return texts.join('\n');
}

describe('askers of two districts at once', () => {
  it(`get no foreign row in ${COUNT} interleaved requests of every route`, async () => {
    const random = randomFrom(20260901);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
    const { numbers } = site;
    const all = [numbers.own, numbers.second, numbers.foreign];
    // streams do not end; reports are the same for all who may have them
    const routes = site.app.knownRoutes.filter(
      ({ url, method }) => method === 'GET' && !/events$|report$/.test(url),
    );
    const wrong: string[] = [];
    let [rows, statuses] = [0, new Map<number, number>()];
    const one = async (index: number) => {
      const route = routes[index % routes.length];
      const asker = askers[Math.floor(index / routes.length) % askers.length];
      const usual = requestOf(site, route);
      const number = pick(all);
      const code = pick(['440303003', '440303001', '440303003,440303001']);
      const filtered =
        /^\/(api\/(patches|leads)|tiles\/patches)/.test(route.url) && !route.url.includes(':number');
      const ogc = /items$/.test(route.url) && route.url.startsWith('/ogc');
      const filter = pick(["subdistrict_code = '440303001'", "subdistrict_code <> '0'", 'area_m2 > 0']);
      // the tile all of the sample lies in
      const url = usual.url
        .replaceAll(numbers.own, number)
        .replace('/14/13000/7000', pick(['/0/0/0', '/5/26/13']));
      const query = {
        ...(usual.query as object),
        ...(filtered && random() < 0.5 ? { subdistrict: code } : {}),
        ...(/export$/.test(route.url) ? { format: pick(FORMATS) } : {}),
        ...(ogc && random() < 0.7 ? { filter } : {}),
      };
      const collection = pick(['patches', 'leads', 'subdistricts', 'areas']);
      const options: InjectOptions = {
        ...usual,
        url: route.url.startsWith('/ogc') ? url.replace('/patches', `/${collection}`) : url,
        query,
        headers: asker.headers,
        remoteAddress: `10.9.${(index >> 8) & 255}.${index & 255}`,
      };
      const answer = await site.app.inject(options);
      statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
      const body = textOf(answer.rawPayload);
      // a number that was asked for is named in the refusal
      const seen = asker.foreign.filter(
        (word) => body.includes(word) && !(answer.statusCode >= 400 && String(options.url).includes(word)),
      );
      if (seen.length > 0) wrong.push(`${asker.name} ${route.url} ${JSON.stringify(query)}: ${seen.join()}`);
      if (answer.statusCode === 500) wrong.push(`${asker.name} ${options.url}: ${answer.body}`);
      rows += all.filter((word) => answer.statusCode === 200 && body.includes(word)).length;
    };
    for (let from = 0; from < COUNT; from += AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, COUNT - from) }, (_, i) => one(from + i)));
    }
    expect(wrong).toEqual([]);
    // there was something to see
    expect(rows).toBeGreaterThan(COUNT / 20);
    told(`${COUNT} requests, ${rows} rows seen, 0 of them foreign; answers ${JSON.stringify([...statuses])}`);
  });
});
