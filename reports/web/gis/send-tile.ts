import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Answers with a tile, or 304 where the client has it. A client asks each time whether it has changed: what a tile shows
 * depends on who asks, and a month may be run again.
 */
export function sendTile(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  tile: Uint8Array,
): FastifyReply {
  const etag = `"${createHash('sha256').update(tile).digest('base64url').slice(0, 22)}"`;
  reply.header('etag', etag).header('cache-control', 'private, no-cache');
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known?.includes(etag) || known?.includes('*')) return reply.code(304).send();
  return reply.type(type).send(Buffer.from(tile.buffer, tile.byteOffset, tile.byteLength));
}
