import { Agent, request } from 'node:http';

export interface Latency {
  readonly asked: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly mostMs: number;
}

/**
 * Asks at a steady rate, whether the answers keep up or not; a time counts from when the request was due, so that a queue
 * shows.
 */
export async function askSteadily(
  base: string,
  token: string,
  next: () => string,
  { aSecond, seconds }: { readonly aSecond: number; readonly seconds: number },
): Promise<Latency> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const began = performance.now();
  const times: number[] = [];
  let failed = 0;
  const ask = async (k: number) => {
    const due = began + (1000 * k) / aSecond;
    await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    if (!(await answered(new URL(next(), base), token, agent))) failed++;
    times.push(performance.now() - due);
  };
  await Promise.all(Array.from({ length: Math.round(aSecond * seconds) }, (_, k) => ask(k)));
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  return { asked: times.length, failed, p50Ms: at(0.5), p95Ms: at(0.95), mostMs: at(1) };
}

/** Whether the answer came whole, with status 200. */
function answered(url: URL, token: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 200));
      answer.on('error', () => resolve(false));
    });
    asking.on('error', () => resolve(false));
    asking.end();
  });
}
