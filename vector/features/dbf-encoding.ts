import { TextDecoder } from 'node:util';
import { BadInput } from '../../raster/errors.js';

/** Place of the language driver id in a .dbf header (dBASE level 5), and its value for simplified Chinese. */
const LANGUAGE_DRIVER_AT = 29;
const LANGUAGE_DRIVER_GBK = 0x4d;

/**
 * How texts of a .dbf are to be read that came as one character a byte: by the .cpg where there is one, else by the language
 * driver, else as UTF-8 where they are valid UTF-8, else as GBK (a superset of ASCII, as Chinese systems write it).
 * @throws BadInput where the .cpg names an encoding nobody knows.
 */
export function dbfDecoder(path: string, dbf: Uint8Array, cpg: string | undefined): (text: string) => string {
  if (cpg) return decoder(labelled(path, cpg));
  if (dbf[LANGUAGE_DRIVER_AT] === LANGUAGE_DRIVER_GBK) return decoder(new TextDecoder('gbk'));
  return (text) => {
    const bytes = Buffer.from(text, 'latin1');
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return new TextDecoder('gbk').decode(bytes);
    }
  };
}

function decoder(decoding: TextDecoder): (text: string) => string {
  return (text) => decoding.decode(Buffer.from(text, 'latin1'));
}

/** A .cpg holds `UTF-8`, `GBK`, `GB18030`, or a code page as `936`, `CP936`, `ANSI 936`. */
function labelled(path: string, cpg: string): TextDecoder {
  const page = /(?:^|\D)(936|950|1252|65001)$/.exec(cpg)?.[1];
  const label =
    page === undefined
      ? cpg
      : { 936: 'gbk', 950: 'big5', 1252: 'windows-1252', 65001: 'utf-8' }[Number(page)];
  try {
    return new TextDecoder(/^88591$|^8859-1$/.test(cpg) ? 'latin1' : label);
  } catch {
    throw new BadInput(`${path}: its .cpg names the encoding "${cpg}"; expected e.g. UTF-8 or GBK`);
  }
}
