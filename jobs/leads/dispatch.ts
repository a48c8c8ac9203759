import { messageOf } from '../../raster/errors.js';
import type { LeadCase } from '../../reports/leads/case.js';
import { backOffMs, webhookBody, webhookHeaders } from '../../reports/leads/webhook.js';
import type { Db } from '../../vector/store/db.js';
import {
  type Claimed,
  claimDelivery,
  enqueueDeliveries,
  type Outcome,
  type Subscription,
  settleDelivery,
} from '../../vector/store/webhooks.js';

export interface Receiver extends Subscription {
  readonly url: string;
  readonly secret: string;
}

export interface DispatchOptions {
  readonly receivers: readonly Receiver[];
  /** The lead as it stands now. */
  readonly caseOf: (number: string) => Promise<LeadCase>;
  readonly attempts: number;
  readonly timeoutMs: number;
  /** Passed in, so that tests need not wait. */
  readonly now?: () => Date;
  readonly random?: () => number;
  readonly signal?: AbortSignal;
}

export interface Dispatched {
  readonly delivered: number;
  readonly failed: number;
  /** Of the failed, those that will not be tried again. */
  readonly dead: number;
}

/** Leads told to a receiver side by side. */
const PARALLEL = 4;
/** A dispatcher that died holds its delivery so much longer than an answer may take. */
const LEASE_SLACK_MS = 30_000;

/** Delivers everything that is due now, receivers and leads side by side, the events of a lead one after another. */
export async function dispatch(db: Db, options: DispatchOptions): Promise<Dispatched> {
  const total = { delivered: 0, failed: 0, dead: 0 };
  const { receivers, now = () => new Date() } = options;
  const one = async (receiver: Receiver) => {
    for (;;) {
      if (options.signal?.aborted) return;
      const from = now();
      const until = new Date(from.getTime() + options.timeoutMs + LEASE_SLACK_MS);
      const claimed = await claimDelivery(db, receiver.name, from, until);
      if (claimed === null) return;
      const outcome = await attempt(claimed, receiver, options);
      if (!(await settleDelivery(db, claimed.delivery, outcome))) continue;
      if (outcome.status === 'delivered') total.delivered++;
      else total.failed++;
      if (outcome.status === 'dead') total.dead++;
    }
  };
  const all = await Promise.allSettled(
    receivers.map(async (receiver) => {
      await enqueueDeliveries(db, receiver, now());
      // whoever has delivered an event goes on with the next of its lead
      await Promise.all(Array.from({ length: PARALLEL }, () => one(receiver)));
    }),
  );
  const broken = all.find((result) => result.status === 'rejected');
  if (broken) throw broken.reason;
  return total;
}

async function attempt(
  { delivery, event }: Claimed,
  receiver: Receiver,
  options: DispatchOptions,
): Promise<Outcome> {
  const { now = () => new Date(), random = Math.random } = options;
  const body = webhookBody(event, await options.caseOf(event.number));
  const problem = await post(
    receiver,
    body,
    webhookHeaders(event, body, receiver.secret, now()),
    options.timeoutMs,
  );
  if (problem === null) return { status: 'delivered', at: now() };
  if (delivery.attempts >= options.attempts) return { status: 'dead', error: problem };
  const nextAt = new Date(now().getTime() + backOffMs(delivery.attempts, random()));
  return { status: 'pending', nextAt, error: problem };
}

/** Null where the receiver took it, else what went wrong, without the address: it may hold a key. */
export async function post(
  receiver: Pick<Receiver, 'url' | 'name'>,
  body: string,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<string | null> {
  try {
    const answer = await fetch(receiver.url, {
      method: 'POST',
      body,
      headers,
      // a signed message goes to the address of the configuration and nowhere else
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await answer.body?.cancel();
    if (answer.ok) return null;
    const redirect = answer.status >= 300 && answer.status < 400 ? ' (redirects are not followed)' : '';
    return `answered ${answer.status}${redirect}`;
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return `no answer within ${timeoutMs / 1000} s`;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return `not reached: ${messageOf(cause).split('\n')[0].replaceAll(receiver.url, receiver.name)}`;
  }
}
