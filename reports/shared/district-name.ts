import type { Subdistrict } from '../../vector/patch.js';
import type { Lang } from './lang.js';

/** Division code of Luohu (GB/T 2260), which its subdistricts' codes begin with. */
const LUOHU = '440303';

/** What a district is called where the configuration does not say. */
export function districtName(subdistricts: readonly Pick<Subdistrict, 'code'>[], lang: Lang): string {
  const luohu = subdistricts.length > 0 && subdistricts.every(({ code }) => code.startsWith(LUOHU));
  if (luohu) return lang === 'zh' ? '罗湖区' : 'Luohu District';
  return lang === 'zh' ? '本区' : 'District';
}
