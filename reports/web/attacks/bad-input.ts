import { deflateRawSync, deflateSync } from 'node:zlib';

/** Texts where another kind of thing is expected: paths, addresses, bytes, lengths, words of languages and prototypes. */
export const BAD_TEXTS: readonly string[] = [
  '../../../../etc/passwd',
  '..%2f..%2f..%2fetc%2fpasswd',
  '....//....//etc/passwd',
  '..\\..\\..\\windows\\win.ini',
  '/etc/passwd',
  '/proc/self/environ',
  'file:///etc/passwd',
  'C:\\Windows\\win.ini',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  'a\u0000b',
  '\u0000',
  '\r\nSet-Cookie: a=b',
  '\u202egnp.exe',
  '\ud800',
  '�',
  '',
  ' ',
  '.',
  '..',
  '-',
  '-1',
  '0',
  '1e999',
  'NaN',
  'Infinity',
  '0x10',
  '9'.repeat(400),
  'A'.repeat(7000),
  '🏠'.repeat(300),
  '__proto__',
  'constructor',
  'toString',
  '[object Object]',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '{{7*7}}',
  '#{7*7}',
  '%s%n%x',
  '*',
  '(a+)+$',
  `${'('.repeat(3000)}`,
  ';id',
  '$(id)',
  '`id`',
  '|id',
  '2026-13',
  '0000-00',
  '2026-08-99',
];

/** Addresses that lead out of what is served, or to nothing. */
export const BAD_PATHS: readonly string[] = [
  '/%ff',
  '/api/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd',
  '/..%2f..%2f..%2fetc/passwd',
  '/assets/..%2f..%2f..%2fpackage.json',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/assets/..%5c..%5cpackage.json',
  '/.git/config',
  '/.env',
  '/api/__proto__',
  '/api/patches/..%2f..%2f/export',
  '/api/patches/%00',
  '/tiles/image/2026-08/..%2f..%2f/0/0.webp',
  '/stac/collections/..%2f..%2fetc/items/passwd',
  '/api/leads/x/photos/..%2f..%2f..%2fetc%2fpasswd',
  `/${'a/'.repeat(2000)}`,
];

/** Bodies that are no JSON object of the route, with their media type. */
export const BAD_BODIES: readonly (readonly [name: string, type: string | null, body: string | Buffer])[] = [
  ['nothing', 'application/json', ''],
  ['half an object', 'application/json', '{"a":'],
  ['a list', 'application/json', '[]'],
  ['a list of lists', 'application/json', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ['null', 'application/json', 'null'],
  ['a number', 'application/json', '1e400'],
  ['a text', 'application/json', '"x"'],
  ['a prototype', 'application/json', '{"__proto__":{"role":"administrator"}}'],
  ['a constructor', 'application/json', '{"constructor":{"prototype":{"role":"administrator"}}}'],
  ['an unknown key', 'application/json', '{"unknown":1}'],
  ['a key twice', 'application/json', '{"name":"a","name":{"b":1}}'],
  ['bytes that are no UTF-8', 'application/json', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ['another encoding', 'application/json; charset=utf-16', '{}'],
  ['a megabyte', 'application/json', `{"note":"${'x'.repeat(1 << 20)}"}`],
  ['XML', 'application/xml', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'],
  ['a form', 'application/x-www-form-urlencoded', 'name=a&role=administrator'],
  ['a text of no type', 'text/plain', 'x'],
  ['a type that is none', 'x', 'x'],
  ['multipart without parts', 'multipart/form-data; boundary=b', '--b--\r\n'],
];

/** One file of a multipart body, with fields before it. */
export interface Upload {
  readonly name: string;
  /** As the client calls it. */
  readonly file: string;
  readonly bytes: Buffer;
  readonly fields?: Readonly<Record<string, string>>;
}

const FIELDS = { source: 'picked', id: '00000000-0000-4000-8000-0000000000b1' };

/** A PNG that claims a size and has hardly a byte. */
function hugePng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length, 0);
    head.write(type, 4, 'latin1');
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])));
    return Buffer.concat([head, data, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1 << 20))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A ZIP of entries that are deflated; sizes may be other than said. */
export function zip(entries: Readonly<Record<string, Buffer>>, saidSize?: number): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const packed = deflateRawSync(content, { level: 9 });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content.subarray(0, 1 << 16)), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(saidSize ?? content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(
      Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), common, tail, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(locals.length, 8);
  end.writeUInt16LE(locals.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

const RELS =
  '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>';

/** Photos that are none, or are bombs. */
export const BAD_PHOTOS: readonly Upload[] = [
  { name: 'a text', file: 'a.jpg', bytes: Buffer.from('no picture') },
  { name: 'nothing', file: 'a.jpg', bytes: Buffer.alloc(0) },
  { name: 'HTML', file: 'a.jpg', bytes: Buffer.from('<script>alert(1)</script>') },
  {
    name: 'SVG with a file inside',
    file: 'a.svg',
    bytes: Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
    ),
  },
  {
    name: 'a GIF',
    file: 'a.gif',
    bytes: Buffer.from('GIF89a\u0001\u0000\u0001\u0000\u0000\u0000\u0000;', 'latin1'),
  },
  { name: 'a picture of 60,000 × 60,000 px', file: 'a.png', bytes: hugePng(60_000, 60_000) },
  { name: 'a picture of 2,147,483,647 px a side', file: 'a.png', bytes: hugePng(0x7fffffff, 0x7fffffff) },
  { name: 'a JPEG that breaks off', file: 'a.jpg', bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]) },
  { name: 'a name that climbs', file: '../../../tmp/evil.sh', bytes: Buffer.from('#!/bin/sh') },
  { name: 'a name with a NUL', file: 'a\u0000.jpg', bytes: Buffer.from('x') },
  { name: 'a PDF', file: 'a.jpg', bytes: Buffer.from('%PDF-1.7\n') },
].map((upload) => ({ ...upload, fields: FIELDS }));

/** Tables of visits that are none, or are bombs. */
export const BAD_TABLES: readonly Upload[] = [
  { name: 'nothing', file: 'a.csv', bytes: Buffer.alloc(0) },
  { name: 'no ending', file: 'table', bytes: Buffer.from('监测编号\n1') },
  { name: 'a program', file: 'a.exe', bytes: Buffer.from('MZ') },
  { name: 'a name that climbs', file: '../../../etc/cron.d/evil.csv', bytes: Buffer.from('a,b\n1,2') },
  { name: 'columns nobody knows', file: 'a.csv', bytes: Buffer.from('a,b\n1,2') },
  { name: 'quotes that never end', file: 'a.csv', bytes: Buffer.from(`监测编号,"${'x'.repeat(100_000)}`) },
  { name: 'no list', file: 'a.json', bytes: Buffer.from('{"a":1}') },
  {
    name: 'lists in lists',
    file: 'a.json',
    bytes: Buffer.from(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  },
  { name: 'a prototype', file: 'a.json', bytes: Buffer.from('[{"__proto__":{"a":1}}]') },
  { name: 'no ZIP', file: 'a.xlsx', bytes: Buffer.from('PK no') },
  { name: 'an empty ZIP', file: 'a.xlsx', bytes: zip({}) },
  {
    name: 'a ZIP bomb of a gigabyte',
    file: 'a.xlsx',
    bytes: zip({
      '[Content_Types].xml': Buffer.from(RELS),
      'xl/worksheets/sheet1.xml': Buffer.alloc(1 << 30, 0x20),
    }),
  },
  {
    name: 'a ZIP bomb that says it is small',
    file: 'a.xlsx',
    bytes: zip({ 'xl/worksheets/sheet1.xml': Buffer.alloc(256 << 20, 0x20) }, 10),
  },
  {
    name: 'a workbook of entities in entities',
    file: 'a.xlsx',
    bytes: zip({
      'xl/workbook.xml': Buffer.from(
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><workbook>&c;</workbook>',
      ),
      'xl/worksheets/sheet1.xml': Buffer.from(
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row><c t="str"><v>&x;</v></c></row></sheetData></worksheet>',
      ),
    }),
  },
];

/** A multipart body. */
export function multipart({ file, bytes, fields = {} }: Upload): Buffer {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return Buffer.concat([
    Buffer.from(
      `${parts.join('')}--b\r\nContent-Disposition: form-data; name="file"; filename="${file}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
    bytes,
    Buffer.from('\r\n--b--\r\n'),
  ]);
}

/** Multipart bodies that are none. */
export const BAD_MULTIPARTS: readonly (readonly [name: string, type: string, body: string])[] = [
  ['no boundary', 'multipart/form-data', '--b\r\n\r\n'],
  ['another boundary', 'multipart/form-data; boundary=c', '--b\r\n\r\nx\r\n--b--'],
  [
    'a body that breaks off',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="f',
  ],
  [
    'a file that breaks off',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nxxxx',
  ],
  [
    'two files',
    'multipart/form-data; boundary=b',
    `${'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nx\r\n'.repeat(2)}--b--`,
  ],
  [
    'a thousand fields',
    'multipart/form-data; boundary=b',
    `${'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nx\r\n'.repeat(1000)}--b--`,
  ],
  [
    'a field named as a prototype',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nx\r\n--b--',
  ],
  [
    'a field of a megabyte',
    'multipart/form-data; boundary=b',
    `--b\r\nContent-Disposition: form-data; name="id"\r\n\r\n${'x'.repeat(1 << 20)}\r\n--b--`,
  ],
  ['a file instead of multipart', 'image/jpeg', 'x'],
];
