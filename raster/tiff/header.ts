import type { Directory } from './directory.js';
import type { Layout } from './layout.js';
import type { ByteSource } from './source.js';
import { type PlainTable, tableFrom } from './table.js';
import type { RasterInfo } from './types.js';

/**
 * What a file says before its first pixel, checked, as plain data. A thread that is handed it needs neither to read the tags
 * again nor the libraries that do so.
 */
export interface RasterHeader {
  /** Bytes of the file it was read from: one of another length is another file. */
  readonly size: number;
  readonly info: RasterInfo;
  readonly layouts: readonly PlainLayout[];
}

interface PlainLayout extends Omit<Layout, 'directory'> {
  readonly directory: PlainDirectory;
}

interface PlainDirectory extends Omit<Directory, 'offsets' | 'byteCounts'> {
  readonly offsets: PlainTable | null;
  readonly byteCounts: PlainTable | null;
}

export function headerOf(source: ByteSource, info: RasterInfo, layouts: readonly Layout[]): RasterHeader {
  const plain = ({ directory, ...layout }: Layout): PlainLayout => ({
    ...layout,
    directory: {
      ...directory,
      offsets: directory.offsets?.plain ?? null,
      byteCounts: directory.byteCounts?.plain ?? null,
    },
  });
  return { size: source.size, info, layouts: layouts.map(plain) };
}

/** The layouts a header tells of, over a source of the same bytes. */
export function layoutsFrom(source: ByteSource, { layouts }: RasterHeader): Layout[] {
  return layouts.map(({ directory, ...layout }) => ({
    ...layout,
    directory: {
      ...directory,
      offsets: directory.offsets && tableFrom(source, directory.offsets),
      byteCounts: directory.byteCounts && tableFrom(source, directory.byteCounts),
    },
  }));
}
