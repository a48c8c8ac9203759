import { classByName } from '../../kernels/classes.js';
import { type Lead, ZONE_KINDS_ZH } from '../../vector/lead.js';
import type { Subdistrict } from '../../vector/patch.js';
import { dateWords, instantWords } from '../shared/dates.js';
import { type Html, html, raw } from '../shared/html.js';
import { decimal, mu, NBSP, squareMetres } from '../shared/numbers.js';
import type { LeadCase } from './case.js';
import { drawChip } from './chip.js';
import type { Evidence } from './evidence.js';
import { type LocationMap, locationMap } from './location.js';
import { leadRecord } from './record.js';
import { SHEET_STYLE } from './sheet-style.js';
import { vertexTable } from './vertices.js';
import { NOTICE, PRIORITIES_ZH, REASONS_ZH, VERDICTS_ZH } from './words.js';

/** One lead with its pictures. */
export interface LeadSheet {
  readonly one: LeadCase;
  readonly evidence: Evidence;
}

/** What all sheets of a document say. */
export interface SheetSetting {
  /** Name of the district, e.g. 罗湖区. */
  readonly district: string;
  readonly subdistricts: readonly Subdistrict[];
  /** When the sheets were made, ISO 8601, and the IANA zone it is printed in. */
  readonly generatedAt: string;
  readonly timeZone: string;
  /** True for made-up imagery; every sheet says so. */
  readonly synthetic: boolean;
}

export interface SheetDocument extends SheetSetting {
  readonly sheets: readonly LeadSheet[];
}

/** Vertices a sheet has room for. */
const VERTICES = 12;
/** Members of a list that a sheet names; of more it says how many there are. */
const LISTED = 4;

/** A page of HTML in the parts it is written in: its head, sheet after sheet, its foot. */
export interface SheetPage {
  readonly head: string;
  readonly sheet: (sheet: LeadSheet) => string;
  readonly foot: string;
}

/**
 * Lead sheets (线索核查单) as one self-contained page of HTML; printed, every lead is exactly one page of A4. The map of a
 * grid stands before the first sheet that marks a place on it.
 */
export function sheetPage(document: SheetSetting): SheetPage {
  const maps = new Map<string, LocationMap>();
  const title = `${document.district}遥感监测线索核查单`;
  const head = html`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${raw(SHEET_STYLE)}</style></head>
<body>`;
  return {
    head: head.markup,
    sheet: (sheet) => {
      const { grid } = sheet.one.run;
      // nearly always one: the grid is the district's
      const known = maps.get(grid.crs.name);
      const map = known ?? locationMap(document.subdistricts, grid);
      maps.set(grid.crs.name, map);
      return html`${known === undefined && map.definition}${drawSheet(sheet, map, document)}`.markup;
    },
    foot: '</body></html>\n',
  };
}

/** Sheets as one text. */
export function renderSheets({ sheets, ...setting }: SheetDocument): string {
  const page = sheetPage(setting);
  return [page.head, ...sheets.map(page.sheet), page.foot].join('');
}

function drawSheet({ one, evidence }: LeadSheet, map: LocationMap, document: SheetSetting): Html {
  const { lead } = one;
  const { patch } = lead;
  const colour = classByName(patch.class)?.colour ?? '#666666';
  return html`<section class="sheet"><header><h1>${document.district}遥感监测线索核查单</h1><div class="number">监测编号<b>${lead.number}</b></div></header>
<div class="notice">${NOTICE}${document.synthetic && '（示例：影像为程序合成）'}</div>
${facts(one, colour)}
<div class="pair">${chip('前时相', evidence.before, one, evidence, colour)}${chip('后时相', evidence.after, one, evidence, colour)}</div>
<div class="where"><div class="place">${map.mark(patch, colour)}<p>位置图：中心 ${patch.centroid[0].toFixed(6)}°E，${patch.centroid[1].toFixed(6)}°N。底色为所属街道。</p></div>${points(one)}</div>
${visit(lead)}
<footer><span>tuban 图斑 · ${document.district} · 首次发现 ${dateWords(lead.month, 'zh')}</span><span>制表 ${instantWords(document.generatedAt, 'zh', document.timeZone)}</span></footer></section>
`;
}

function facts(one: LeadCase, colour: string): Html {
  const { lead } = one;
  const { patch } = lead;
  const record = leadRecord(one);
  const area = (m2: number) => `${squareMetres(m2)}${NBSP}m²（${mu(m2)}${NBSP}亩）`;
  const place = `${patch.subdistrict ?? '街道范围外'}${patch.subdistrictCode === null ? '' : `（${patch.subdistrictCode}）`}`;
  const seen = (date: string | null, sensors: readonly string[]) =>
    [date === null ? '未知' : dateWords(date, 'zh'), ...sensors].join(' · ');
  const address =
    lead.address === null
      ? '附近无登记地址'
      : `${lead.address.text}（距 ${decimal(lead.address.distanceM)} 米）`;
  const permits = lead.permits.map(
    (permit) =>
      `${permit.number}${permit.authority === null ? '' : `（${permit.authority}${permit.date === null ? '' : `，${permit.date}`}）`}${permit.valid ? '' : '［已失效］'}，重叠 ${squareMetres(permit.overlapM2)} m²`,
  );
  const zones = lead.zones.map(
    (zone) => `${ZONE_KINDS_ZH[zone.kind]} ${zone.name}，压占 ${squareMetres(zone.overlapM2)} m²`,
  );
  const cameras = lead.cameras.map(
    (c) => `${c.name}（${decimal(c.distanceM)} 米，方位 ${decimal(c.bearing)}°）`,
  );
  const repeat = lead.repeatOf === null ? [] : [`同地块曾有线索 ${lead.repeatOf}`];
  return html`<table class="facts"><colgroup><col class="head"><col><col class="head"><col></colgroup>
<tr>${cell('变化类型', html`<span class="dot" style="background:${colour}"></span><b>${classByName(patch.class)?.zh ?? patch.class}</b>`)}${cell('优先级', html`<span class="${lead.priority}">${PRIORITIES_ZH[lead.priority]}</span>`)}</tr>
<tr>${cell('所属街道', place)}${cell('期限 / 责任队伍', `${lead.due ?? '未定'} / ${lead.team ?? '未派发'}`)}</tr>
<tr>${wide('地址', address)}</tr>
<tr>${cell('监测面积', html`<b>${area(patch.areaM2)}</b>`)}${cell('疑似违法面积', html`<b>${area(lead.suspectedM2)}</b>`)}</tr>
<tr>${cell('前时相 / 影像', seen(patch.before, one.run.sensors.before))}${cell('后时相 / 影像', seen(patch.after, one.run.sensors.after))}</tr>
<tr>${cell('置信度 / 状态', `${patch.confidence.toFixed(2)} / ${record.patch_state}`)}${cell('线索状态', `${record.disposition} / ${record.status}${lead.verdict === null ? '' : `（${VERDICTS_ZH[lead.verdict]}）`}`)}</tr>
<tr class="two">${wide('判定理由', some([...lead.reasons.map(({ zh }) => zh), ...repeat], '；', '无'))}</tr>
<tr class="two">${wide('规划许可', some(permits, '；', '未查到覆盖本图斑的许可'))}</tr>
<tr>${wide('涉及保护区', some(zones, '；', '不涉及已登记的保护区'))}</tr>
<tr>${wide('可视摄像头', some(cameras, '；', '无'))}</tr></table>`;
}

function cell(head: string, value: Html | string): Html {
  return html`<th>${head}</th><td><span class="clamp">${value}</span></td>`;
}

function wide(head: string, value: string): Html {
  return html`<th>${head}</th><td colspan="3"><span class="clamp">${value}</span></td>`;
}

/** The first of a list, and how many there are. */
function some(texts: readonly string[], between: string, none: string): string {
  if (texts.length === 0) return none;
  const shown = texts.slice(0, LISTED).join(between);
  return texts.length > LISTED ? `（共 ${texts.length} 项）${shown}……` : shown;
}

function chip(
  side: string,
  jpeg: Uint8Array | null,
  one: LeadCase,
  { grid }: Evidence,
  colour: string,
): Html {
  const { patch } = one.lead;
  const before = side === '前时相';
  const date = before ? patch.before : patch.after;
  const sensors = before ? one.run.sensors.before : one.run.sensors.after;
  const label = [side, ...(date === null ? [] : [dateWords(date, 'zh')]), ...sensors].join(' · ');
  const drawn =
    jpeg === null
      ? html`<div class="blank">该时相影像已不可用</div>`
      : drawChip(jpeg, grid, patch, colour, label);
  return html`<figure>${drawn}<figcaption>${label}</figcaption></figure>`;
}

function points({ lead: { patch }, run }: LeadCase): Html {
  const table = vertexTable(patch.rings[0], run.grid.crs, patch.centroid[0], VERTICES);
  const metres = (value: number | null) => (value === null ? '–' : value.toFixed(2));
  const zone =
    table.meridian === null
      ? '不在 3 度带范围'
      : `3 度带中央经线 ${table.meridian}°E（${table.zone?.name}），米，无带号`;
  const all =
    table.total > table.vertices.length
      ? `外环共 ${table.total} 个拐点，此处列出主要的 ${table.vertices.length} 个，全部见导出文件。`
      : `外环共 ${table.total} 个拐点。`;
  const holes = patch.rings.length > 1 ? `另有 ${patch.rings.length - 1} 个内环，见导出文件。` : '';
  return html`<div class="points"><table><tr><th>点</th><th>经度</th><th>纬度</th><th>X（北）</th><th>Y（东）</th></tr>
${table.vertices.map((v, i) => html`<tr><td>${i + 1}</td><td>${v.lon.toFixed(7)}</td><td>${v.lat.toFixed(7)}</td><td>${metres(v.north)}</td><td>${metres(v.east)}</td></tr>`)}</table>
<p>CGCS2000：经纬度 EPSG:4490（度）；${zone}。${all}${holes}</p></div>`;
}

function visit(lead: Lead): Html {
  const box = (words: string, ticked: boolean) => `${ticked ? '☑' : '□'} ${words}`;
  const verdicts = Object.entries(VERDICTS_ZH).map(([key, words]) => box(words, lead.verdict === key));
  const reasons = Object.entries(REASONS_ZH).map(([key, words]) => box(words, lead.rejectReason === key));
  return html`<table class="visit"><tr><th>核查结果</th><td>${verdicts.join('　')}</td><th>核查日期</th><td>　　　　年　　月　　日</td></tr>
<tr><th>不属实原因</th><td colspan="3">${reasons.join('　')}＿＿＿＿</td></tr>
<tr class="tall"><th>现场情况</th><td colspan="3"></td></tr>
<tr><th>核查人</th><td></td><th>签字</th><td></td></tr></table>`;
}
