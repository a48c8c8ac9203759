import { dirname } from 'node:path';
import { sensorByName, sensorOfFile } from '../raster/sensors.js';
import { fileNameOf, shownAddress } from '../raster/tiff/address.js';

/** Band files of one product become one scene; every other file is a scene of its own. */
export function groupFiles(files: readonly string[], sensorName: string | undefined): string[][] {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    // without the signature of an address, which differs from file to file
    const shown = shownAddress(file);
    const name = fileNameOf(file);
    const sensor = sensorName === undefined ? sensorOfFile(name) : sensorByName(sensorName);
    const pattern = sensor?.files?.find((entry) => entry.pattern.test(name))?.pattern;
    const key = pattern ? `${dirname(shown)}/${name.replace(pattern, '')}` : file;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()];
}
