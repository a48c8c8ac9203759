import type { Db } from './db.js';

/**
 * Notes a request by the client's own id, in the transaction that carries it out.
 * @returns `known` where it was carried out already, `other` where the id stands for somebody's other request
 */
export async function claimRequest(
  tx: Db,
  request: { readonly id: string; readonly user: string; readonly target: string },
): Promise<'new' | 'known' | 'other'> {
  const added = await tx.query(
    `INSERT INTO tuban.web_request (id, user_name, target) VALUES ($1::uuid, $2, $3) ON CONFLICT (id) DO NOTHING RETURNING id`,
    [request.id, request.user, request.target],
  );
  if (added.length > 0) return 'new';
  const [known] = await tx.query<{ user_name: string; target: string }>(
    'SELECT user_name, target FROM tuban.web_request WHERE id = $1::uuid',
    [request.id],
  );
  return known.user_name === request.user && known.target === request.target ? 'known' : 'other';
}
