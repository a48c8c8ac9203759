import type { FastifyRequest } from 'fastify';
import { addAudit } from '../../vector/store/audit.js';
import type { Deps } from './deps.js';

/** Writes down what somebody did. Secrets never get in: callers name what they write. */
export async function audit(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  request: FastifyRequest,
  entry: {
    readonly action: string;
    readonly target?: string;
    readonly data?: Readonly<Record<string, unknown>>;
    /** Where nobody has signed in: the name that was tried. */
    readonly who?: string;
  },
): Promise<void> {
  const { action, target = null, data = {} } = entry;
  const who = request.user?.name ?? entry.who ?? '-';
  await addAudit(db, { who, action, target, data, address: request.ip }, now());
}
