import { STATES } from '../../../kernels/classes.js';
import { WGS84 } from '../../../raster/crs.js';
import { round } from '../../../vector/export/features.js';
import { listAreas } from '../../../vector/store/areas.js';
import { listSubdistricts } from '../../../vector/store/subdistricts.js';
import { type Collection, inOrder } from './collection.js';

/** Stands for the code of ground outside every subdistrict. */
const OUTSIDE = 'outside';

/** Land states by month and subdistrict, on the subdistrict's ground; ground outside them all has code and geometry null. */
export const areas: Collection = {
  id: 'areas',
  title: '地类面积 Land state areas',
  description:
    'Areas of built-up ground, water, forest, other vegetation and the rest a month and subdistrict, measured on the pixels usable in both dates; before_… on the same pixels in the date before.',
  from: `tuban.run r JOIN tuban.monthly_coverage c ON c.run_id = r.id
    LEFT JOIN tuban.subdistrict s ON s.code = c.subdistrict_code`,
  where: "r.status = 'published'",
  key: `r.month || '.' || r.against || '.' || coalesce(nullif(c.subdistrict_code, ''), '${OUTSIDE}')`,
  against: 'r.against',
  subdistrict: 'c.subdistrict_code',
  month: 'r.month',
  geometry: 's.geom',
  crs: WGS84,
  queryables: [
    { name: 'month', title: '月份 month, YYYY-MM', type: 'string', sql: 'r.month' },
    {
      name: 'against',
      title: '对比方式 compared with: mom, yoy; first for a first month',
      type: 'string',
      sql: 'r.against',
      values: ['mom', 'yoy', 'first'],
    },
    { name: 'before', title: '前时相 month before', type: 'string', sql: 'r.before_month' },
    {
      name: 'subdistrict_code',
      title: '街道代码 subdistrict code',
      type: 'string',
      sql: "nullif(c.subdistrict_code, '')",
    },
    { name: 'subdistrict', title: '街道 subdistrict', type: 'string', sql: 'c.subdistrict' },
    { name: 'total_m2', title: '总面积 area', type: 'number', sql: 'c.total_m2', unit: 'm²' },
    { name: 'usable_m2', title: '可用面积 usable area', type: 'number', sql: 'c.usable_m2', unit: 'm²' },
    { name: 'geometry', title: '范围 geometry', type: 'geometry', sql: 's.geom' },
  ],
  load: async (db, keys, place) => {
    const grounds = new Map((await listSubdistricts(db)).map((s) => [s.code, s.polygons]));
    const runs = new Map(keys.map((key) => [`${key.month}.${key.against}`, key]));
    const rows = [];
    for (const [run, { month, against }] of runs) {
      if (month === null || against === null) continue;
      for (const area of await listAreas(db, { month, against })) rows.push({ run, area });
    }
    return inOrder(
      keys,
      rows,
      ({ run, area }) => `${run}.${area.subdistrictCode ?? OUTSIDE}`,
      ({ area }, { key, month, against }) => {
        const ground = grounds.get(area.subdistrictCode ?? '');
        const states = STATES.flatMap(({ name }) => {
          const { areaM2, beforeAreaM2 } = area.states[name];
          return [
            [`${name}_m2`, round(areaM2, 2)],
            [`before_${name}_m2`, beforeAreaM2 === null ? null : round(beforeAreaM2, 2)],
          ];
        });
        return {
          type: 'Feature',
          id: key,
          geometry: ground === undefined ? null : place(ground, true),
          properties: {
            month,
            against,
            subdistrict_code: area.subdistrictCode,
            subdistrict: area.subdistrict,
            total_m2: round(area.totalM2, 2),
            usable_m2: round(area.usableM2, 2),
            ...Object.fromEntries(states),
          },
        };
      },
    );
  },
};
