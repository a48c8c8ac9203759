// Writes the tables of README.md and README.zh-CN.md that are made from the code: commands, configuration keys, sensors.
// They stand between `<!-- NAME: generated -->` and `<!-- /NAME -->`. `--check` writes nothing and exits 1 where one is out
// of date. Needs a build (`npm run build`).
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandsFor } from '../dist/jobs/commands/index.js';
import { CONFIG_KEYS, loadConfig } from '../dist/jobs/config.js';
import { SENSORS } from '../dist/raster/sensors.js';

const ALL = await commandsFor(undefined);

/** Chinese of the configuration keys; the program itself speaks English here. */
const KEYS_ZH = {
  databaseUrl: 'PostgreSQL + PostGIS 服务器地址；留空则用内嵌数据库',
  stateDir: '内嵌数据库与各次运行栅格的存放文件夹',
  blockStore:
    '分布式运行（--distributed）与各工作进程交换分块的位置：s3://bucket/prefix；留空则在 `stateDir` 中，各机须能看到同一文件夹（docs/operations.md）',
  district: '报告上的辖区名称；留空则用默认名称',
  crs: '辖区格网的坐标系，首次运行后固定',
  resolution: '像元大小（米）；缺省取第一景影像的分辨率',
  workers: '工作线程数；缺省为每核一个',
  backend: '核函数在哪里计算',
  detector: '检测器：states 或 indices',
  model: '学习模型：文件夹，或 `tuban models list` 中的名称；留空则用已启用的（docs/models.md）',
  mmuBuilding: '建筑图斑最小上图面积（m²）',
  mmuOther: '其他图斑最小上图面积（m²）',
  timeZone: '打印时间与计算工作日所用时区',
  leads: '生成线索的规则与办理设置（见下文）；作为环境变量时为 JSON',
  filter:
    '从核查结论学习误报特征：{use, minVerdicts, mostShare, sureConfidence}（见 vector/filter/README.md）',
  record: '线索导出的字段：{field, name, shortName} 列表（见 reports/leads/README.md）；留空则导出全部字段',
  webhooks: '线索每一步通知谁：{name, url, secret 或 secretEnv, events, since} 列表（见 docs/webhooks.md）',
  webhookAttempts: '投递失败多少次后列为死信',
  webhookTimeoutS: '等待接收方应答的秒数',
  port: '`serve` 监听的端口；0 为任一空闲端口',
  host: '`serve` 监听的地址；0.0.0.0 为全部，最好置于 https 代理之后（docs/security.md）',
  publicUrl: '用户访问网页应用的地址（经代理时填写）；https 时 Cookie 带 Secure',
  basemapUrl: '网页地图的底图 XYZ 瓦片（{z}、{x}、{y}）；留空则无底图，不访问任何外部地址',
  basemapAttribution: '地图上显示的底图出处',
  oidc: '以市统一身份认证登录：{issuer, clientId, secretEnv, roleClaim, roles, …}（见 docs/security.md）',
  allowPrivate:
    '允许域名、重定向与 STAC Item 指向的内网主机或网段，如 ["gis.luohu.local", "10.0.0.0/8"]（见 docs/security.md）',
  schedule: '`tuban schedule` 何时运行某月，以及在何处取得影像（docs/operations.md）',
  alert: '运行失败或逾期时通知谁：{url, secret 或 secretEnv}（docs/operations.md）',
};

const QUALITY = { scl: 'SCL', qa_pixel: 'QA_PIXEL / BQA', bqa: 'BQA', udm2: 'UDM2' };

const WORDS = {
  en: {
    commands: ['Command', 'Does', 'Options'],
    configuration: ['Key in `tuban.json`', 'Environment', 'Default', 'Meaning'],
    sensors: [
      '`--sensor`',
      'Products',
      'Multi-band files with',
      'A file a band',
      'Cloud mask from',
      'Known by file name',
    ],
    bands: 'bands',
    yes: 'yes',
  },
  zh: {
    commands: ['命令', '作用', '选项'],
    configuration: ['`tuban.json` 中的键', '环境变量', '默认值', '含义'],
    sensors: ['`--sensor`', '产品', '多波段文件（波段数）', '单波段文件组', '云掩膜来源', '可由文件名识别'],
    bands: '波段',
    yes: '是',
  },
};

const cell = (text) => String(text).replaceAll('|', '\\|');
const code = (text) => `\`${text}\``;

function table(head, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function commands(lang) {
  return table(
    WORDS[lang].commands,
    ALL.map(({ name, args, summary, summaryZh, options }) => [
      code(`tuban ${name} ${args}`.trim()),
      lang === 'zh' ? summaryZh : summary,
      options.map(([flags]) => code(flags)).join(' '),
    ]),
  );
}

function configuration(lang) {
  // the program's own defaults: a folder without tuban.json, no environment
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const defaults = loadConfig(folder, {});
  const shown = { ...defaults, stateDir: relative(folder, defaults.stateDir) };
  return table(
    WORDS[lang].configuration,
    CONFIG_KEYS.map(({ key, env, text }) => {
      if (!(key in KEYS_ZH))
        throw new Error(`scripts/readme-table.mjs: KEYS_ZH lacks the configuration key "${key}"`);
      const value = shown[key] ?? '';
      const plain = typeof value === 'object' ? '–' : value;
      return [
        code(key),
        code(env),
        plain === '' || plain === '–' ? '–' : code(plain),
        lang === 'zh' ? KEYS_ZH[key] : text,
      ];
    }),
  );
}

function sensors(lang) {
  const words = WORDS[lang];
  return table(
    words.sensors,
    SENSORS.map(({ name, title, stacks, files, quality, product }) => {
      const roles = (files ?? []).map(({ role }) => role).filter((role) => role !== 'quality');
      return [
        code(name),
        title,
        `${Object.keys(stacks).join(', ')} ${words.bands}`,
        roles.length > 0 ? roles.join(', ') : '–',
        quality ? QUALITY[quality] : '–',
        product ? words.yes : '–',
      ];
    }),
  );
}

/** The text with the table between its markers replaced. */
function put(text, name, made, path) {
  const pattern = new RegExp(`(<!-- ${name}: generated -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!pattern.test(text))
    throw new Error(`${path}: lacks the markers <!-- ${name}: generated --> and <!-- /${name} -->`);
  return text.replace(pattern, (_all, open, close) => `${open}${made}\n${close}`);
}

const check = process.argv.includes('--check');
let stale = 0;
for (const [path, lang] of [
  ['README.md', 'en'],
  ['README.zh-CN.md', 'zh'],
]) {
  const old = readFileSync(path, 'utf8');
  let text = old;
  for (const [name, make] of Object.entries({ commands, configuration, sensors }))
    text = put(text, name, make(lang), path);
  if (text === old) continue;
  if (check) {
    stale++;
    console.error(`${path} is out of date: run npm run build && npm run readme`);
  } else {
    writeFileSync(path, text);
    console.log(`${path} written`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
