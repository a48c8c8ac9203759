import { setTimeout as sleep } from 'node:timers/promises';
import { BadInput, Unavailable } from '../errors.js';
import { HttpProblem } from './http-problem.js';

export interface Patience {
  /** Times a request is made before it is given up. */
  readonly attempts: number;
  /** Wait before the second attempt; it doubles each time, ms. */
  readonly firstDelayMs: number;
  /** What a person can do where all were in vain. */
  readonly cure: string;
  /** Ends it between two attempts. */
  readonly signal?: AbortSignal;
}

const LONGEST_DELAY_MS = 10_000;
/** A server may ask for more patience than we would have by ourselves, up to this. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * Makes a request again as long as what is wrong may pass.
 * @throws BadInput where the server refuses, Unavailable where it does not answer however often it is asked. Messages do not
 * name the address: who knows it puts it before them.
 */
export async function patiently<T>(
  attempt: () => Promise<T>,
  { attempts, firstDelayMs, cure, signal }: Patience,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      if (error.kind === 'input') throw new BadInput(error.message, { cause: error });
      if (tried >= attempts || signal?.aborted) {
        throw new Unavailable(`${error.message}, ${tried} times; ${cure}`, { cause: error });
      }
      await sleep(delay(tried, firstDelayMs, error.retryAfterMs), undefined, { signal });
    }
  }
}

/** Exponential, with jitter so that many readers do not come back at once; at least what the server asks for. */
function delay(tried: number, firstDelayMs: number, retryAfterMs: number | null): number {
  const own = Math.min(LONGEST_DELAY_MS, firstDelayMs * 2 ** (tried - 1)) * (0.5 + Math.random() / 2);
  return Math.max(own, Math.min(LONGEST_RETRY_AFTER_MS, retryAfterMs ?? 0));
}
