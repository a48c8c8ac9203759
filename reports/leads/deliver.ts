import { messageOf } from '../../raster/errors.js';
import { guardedFetch } from '../../raster/net/fetch.js';
import { type Guard, guardOf } from '../../raster/net/guard.js';

/** Null where the receiver took it, else what went wrong, without the address: it may hold a key. */
export async function deliver(
  receiver: { readonly name: string; readonly url: string },
  body: string,
  headers: Record<string, string>,
  timeoutMs: number,
  guard: Guard = guardOf(receiver.url),
): Promise<string | null> {
  try {
    // a signed message goes to the address of the configuration and nowhere else: no redirect is followed
    const answer = await guardedFetch(receiver.url, guard, {
      method: 'POST',
      body,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
    });
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
