import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem.js';

/**
 * Answers with a file on disk, or the one range of it that is asked for (RFC 9110, 14): GDAL and QGIS read Cloud Optimized
 * GeoTIFFs by ranges. Several ranges at once get the whole file, as the standard allows.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { path, name, type }: { readonly path: string; readonly name: string; readonly type: string },
): Promise<FastifyReply> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw new Problem(404, `${name} is not there any more`);
  const { size, mtimeMs } = found;
  const etag = `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
  reply
    .header('accept-ranges', 'bytes')
    .header('etag', etag)
    .header('last-modified', found.mtime.toUTCString())
    .header('cache-control', 'private, no-cache')
    .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
    .type(type);
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  // a range of another version would not fit what the client has
  const fresh = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const range = fresh ? readRange(request.headers.range, size) : null;
  if (range === 'beyond') {
    reply.header('content-range', `bytes */${size}`);
    throw new Problem(416, `Range ${request.headers.range} is beyond the ${size} bytes of ${name}`);
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== null) reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`);
  reply.header('content-length', size === 0 ? 0 : end - start + 1);
  if (request.method === 'HEAD' || size === 0) return reply.send();
  return reply.send(createReadStream(path, { start, end }));
}

/** First and last byte; null where the header asks for no single range we understand. */
function readRange(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'beyond' | null {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (found === null || (found[1] === '' && found[2] === '')) return null;
  const [, first, last] = found;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'beyond' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'beyond' : { start, end };
}
