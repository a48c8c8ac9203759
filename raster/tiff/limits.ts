/**
 * Bounds on what a file may make us do. A TIFF of 200 bytes can claim a tile of 2^31 × 16 samples or a chain of
 * directories that never ends; these bounds keep such a claim from becoming memory or time.
 */

const MIB = 1024 * 1024;

/** Bytes of one decoded tile or strip. */
export const MAX_BLOCK_BYTES = 512 * MIB;

/** Bytes of a decoded tile more than twice as high as its image: 1024² of four 32-bit bands. */
export const MAX_IDLE_TILE_BYTES = 16 * MIB;

/** Bytes of one compressed tile or strip. */
export const MAX_ENCODED_BYTES = 512 * MIB;

/** Bytes of one tag value that is read whole (georeference, metadata, JPEG tables). */
export const MAX_TAG_BYTES = 16 * MIB;

/** Numbers of one GeoKey: all but one of OGC 19-008r4 have one, a datum shift has seven. */
export const MAX_KEY_NUMBERS = 64;

/** Directories looked at for overviews. COGs have a dozen; what comes later is not an overview anyone needs. */
export const MAX_DIRECTORIES = 512;

/** Entries of one directory: TIFF 6.0 tags are 16-bit numbers and none should stand twice. */
export const MAX_ENTRIES = 4096;

/** Samples a pixel (SamplesPerPixel is a SHORT). */
export const MAX_BANDS = 65_535;

/** Decoded blocks kept for one file: a 1024² window with its halo of four 16-bit bands in 512² tiles is 18 MiB. */
export const CACHE_BYTES = 32 * MIB;

/** Decoded blocks of one file that worker threads keep in common. */
export const SHARED_BYTES = 104 * MIB;

/** An uncompressed strip larger than this is read in pieces of about this size. */
export const STRIP_PIECE_BYTES = MIB;
