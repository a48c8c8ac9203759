import { randomUUID } from 'node:crypto';
import { BadInput } from '../../raster/errors.js';
import { deliver } from '../../reports/leads/deliver.js';
import { sign } from '../../reports/leads/webhook.js';
import type { AlertConfig } from './config.js';

/** What an alert says. */
export interface Alert {
  readonly type: 'run.failed' | 'run.late';
  /** YYYY-MM. */
  readonly month: string;
  /** One line for people. */
  readonly text: string;
}

/** Null where it was taken, else what went wrong. */
export type Tell = (alert: Alert) => Promise<string | null>;

/**
 * The way to the configured receiver, signed as the leads' webhooks are (docs/webhooks.md); undefined where there is none.
 * @throws BadInput where its secret is missing
 */
export function alertTo(
  config: AlertConfig | undefined,
  env: NodeJS.ProcessEnv,
  timeoutMs: number,
  now: () => Date,
): Tell | undefined {
  if (config === undefined) return undefined;
  const secret = config.secret ?? env[config.secretEnv ?? ''] ?? '';
  if (secret.length < 16) {
    throw new BadInput(
      `alert: the environment variable ${config.secretEnv} holds no secret of 16 characters or more; set it`,
    );
  }
  return (alert) => {
    const at = now();
    const body = JSON.stringify({ schema: 1, id: randomUUID(), at: at.toISOString(), ...alert });
    const t = Math.floor(at.getTime() / 1000);
    const headers = {
      'Content-Type': 'application/json; charset=utf-8',
      'User-Agent': 'tuban',
      'X-Tuban-Event': alert.type,
      'X-Tuban-Signature': `t=${t},v1=${sign(secret, t, body)}`,
    };
    return deliver({ name: 'alert', url: config.url }, body, headers, timeoutMs);
  };
}
