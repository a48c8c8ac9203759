import type { Server } from 'node:net';

/** Starts a server of tests on a free port. @returns its address */
export async function listening(server: Server, host = '127.0.0.1', port = 0): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on no port');
  return `http://${host}:${address.port}`;
}
