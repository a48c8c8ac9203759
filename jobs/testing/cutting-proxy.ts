import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net';

/** Where a connection between a client and PostgreSQL is cut. */
export type Cut =
  /** After so many bytes of the client, all its connections counted. */
  | { readonly at: 'bytes'; readonly after: number }
  /** The n-th COMMIT never reaches the server. */
  | { readonly at: 'before commit'; readonly nth: number }
  /** The n-th COMMIT is done, its answer never reaches the client. */
  | { readonly at: 'after commit'; readonly nth: number };

export interface CuttingProxy {
  /** The server's address, but through the proxy. */
  readonly url: string;
  /** Bytes and COMMITs that came from the client so far. */
  readonly seen: { readonly bytes: number; readonly commits: number };
  /** Cuts made: none or one. */
  readonly cuts: number;
  /** Counts from nothing, and cuts all connections there; null: none any more. */
  arm(cut: Cut | null): void;
  close(): Promise<void>;
}

/** A simple query as the client sends it: 'Q', its length, the text, 0. */
const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1');

/** Stands between a client and PostgreSQL and breaks all connections once, where it is told to. */
export async function cuttingProxy(server: string): Promise<CuttingProxy> {
  const target = new URL(server);
  const open = new Set<Socket>();
  const seen = { bytes: 0, commits: 0 };
  let cut: Cut | null = null;
  let cuts = 0;
  const cutAll = () => {
    cut = null;
    cuts++;
    for (const socket of open) socket.destroy();
  };
  const proxy = createServer((client) => {
    const upstream = connectTo(Number(target.port || 5432), target.hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let swallow = false;
    client.on('data', (bytes) => {
      seen.bytes += bytes.length;
      const commits = bytes.includes(COMMIT);
      if (commits) seen.commits++;
      if (cut?.at === 'before commit' && commits && seen.commits === cut.nth) return cutAll();
      if (cut?.at === 'bytes' && seen.bytes >= cut.after) {
        upstream.write(bytes.subarray(0, Math.max(0, bytes.length - (seen.bytes - cut.after))), cutAll);
        return;
      }
      swallow = cut?.at === 'after commit' && commits && seen.commits === cut.nth;
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (swallow) cutAll();
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(server);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    seen,
    get cuts() {
      return cuts;
    },
    arm(wanted) {
      cut = wanted;
      cuts = 0;
      seen.bytes = 0;
      seen.commits = 0;
    },
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
