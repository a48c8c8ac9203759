import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.js';
import type { Access } from '../permissions.js';

/** What the routes for GIS need of the web application. */
export interface GisDeps extends Pick<Deps, 'db' | 'scenes' | 'now' | 'version'> {
  readonly config: Pick<Deps['config'], 'district' | 'stateDir' | 'publicUrl'>;
}

export interface GisOptions {
  readonly deps: GisDeps;
}

/** Address of this server as the client knows it, without a slash at the end: links in OGC and STAC answers are absolute. */
export function baseOf(request: FastifyRequest, { config }: GisDeps): string {
  return config.publicUrl === ''
    ? `${request.protocol}://${request.host}`
    : config.publicUrl.replace(/\/+$/, '');
}

/** Options of a route whose answer has a document of its own (OGC, TileJSON, STAC); /api/openapi.json has its summary. */
export function described(access: Access, summary: string) {
  return { config: { access, summary } };
}
