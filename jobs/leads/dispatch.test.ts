import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { verify } from '../../reports/leads/webhook.js';
import { type TestDatabase, testPlaces } from '../../vector/store/testing.js';
import { countDeliveries, listDeliveries, reviveDeliveries } from '../../vector/store/webhooks.js';
import { addEvent, storeLeads } from '../testing/leads.js';
import { caseReader } from './cases.js';
import { dispatch, type Receiver } from './dispatch.js';

const SECRET = 'a secret of many characters';

const Message = z.object({
  id: z.string(),
  type: z.string(),
  seq: z.number(),
  number: z.string(),
  notice: z.string(),
  lead: z.object({
    type: z.literal('Feature'),
    properties: z.object({ number: z.string(), area_m2: z.number() }),
  }),
});
type Message = z.infer<typeof Message>;

const places = testPlaces('webhooks on a server are');

describe.each(places)('webhooks on the $name database', ({ open }) => {
  let made: TestDatabase;
  let server: Server;
  let url: string;
  /** What came, in its order, the refused too. */
  let received: { message: Message; headers: IncomingMessage['headers']; body: string }[];
  /** How it is answered; the n-th time an event comes, n from 1. */
  let answer: (message: Message, time: number, response: ServerResponse) => void;
  let clock: Date;

  beforeAll(async () => {
    made = await open();
  });
  afterAll(() => made?.dispose());
  beforeEach(async () => {
    await made.db.query(
      'TRUNCATE tuban.run, tuban.patch, tuban.lead, tuban.lead_event, tuban.webhook_delivery CASCADE',
    );
    received = [];
    answer = (_message, _time, response) => response.end();
    // ahead of the events, which the database dates
    clock = new Date(Date.now() + 60_000);
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        const message = Message.parse(JSON.parse(body));
        received.push({ message, headers: request.headers, body });
        answer(message, received.filter((other) => other.message.id === message.id).length, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hook?key=hidden`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function send(change: Partial<Receiver> = {}, attempts = 5, timeoutMs = 5000) {
    return dispatch(made.db, {
      receivers: [{ name: 'platform', url, secret: SECRET, ...change }],
      caseOf: caseReader(made.db),
      attempts,
      timeoutMs,
      now: () => clock,
      random: () => 0.5,
    });
  }
  const later = (seconds: number) => {
    clock = new Date(clock.getTime() + 1000 * seconds);
  };
  const seqs = (number: string) =>
    received.filter(({ message }) => message.number === number).map(({ message }) => message.seq);
  const rising = (values: readonly number[]) => values.every((value, i) => i === 0 || values[i - 1] <= value);

  test('every event comes once, signed, in the order of its lead, and is not told again', async () => {
    const numbers = await storeLeads(made.db, 6);
    expect(await send()).toEqual({ delivered: 12, failed: 0, dead: 0 });
    expect(new Set(received.map(({ message }) => message.id)).size).toBe(12);
    for (const number of numbers) expect([seqs(number).length, rising(seqs(number))]).toEqual([2, true]);
    for (const { headers, body, message } of received) {
      expect(verify(String(headers['x-tuban-signature']), body, SECRET, clock)).toBe(true);
      expect(verify(String(headers['x-tuban-signature']), `${body} `, SECRET, clock)).toBe(false);
      expect(headers['x-tuban-event-id']).toBe(message.id);
      expect(message.lead.properties.number).toBe(message.number);
    }
    expect(await send()).toEqual({ delivered: 0, failed: 0, dead: 0 });
    expect(received).toHaveLength(12);
  });

  test('a receiver that fails now and then loses nothing and gets the events of a lead in order', async () => {
    const numbers = await storeLeads(made.db, 4);
    answer = (message, time, response) => {
      // the first event of two leads fails twice
      response.statusCode =
        numbers.indexOf(message.number) < 2 && time <= 2 && message.type === 'lead.created' ? 503 : 204;
      response.end();
    };
    expect(await send()).toEqual({ delivered: 4, failed: 2, dead: 0 });
    // the second event of the failing leads has not overtaken the first
    expect(seqs(numbers[0])).toHaveLength(1);
    expect(await send()).toEqual({ delivered: 0, failed: 0, dead: 0 });
    later(6);
    expect(await send()).toMatchObject({ delivered: 0, failed: 2 });
    later(11);
    expect(await send()).toMatchObject({ delivered: 4, failed: 0 });
    expect(await countDeliveries(made.db, 'platform')).toEqual({
      pending: 0,
      delivered: 8,
      dead: 0,
      skipped: 0,
    });
    for (const number of numbers) expect(rising(seqs(number))).toBe(true);
  });

  test('one that takes a message and does not answer gets it again, by the same id', async () => {
    await storeLeads(made.db, 1);
    answer = (message, time, response) => {
      if (time > 1 || message.type !== 'lead.created') response.end();
    };
    expect(await send({}, 5, 300)).toMatchObject({ delivered: 0, failed: 1 });
    expect((await listDeliveries(made.db))[0].lastError).toBe('no answer within 0.3 s');
    later(10);
    expect(await send({}, 5, 300)).toMatchObject({ delivered: 2 });
    expect(received.map(({ message }) => message.type)).toEqual([
      'lead.created',
      'lead.created',
      'lead.sent',
    ]);
    expect(received[0].message.id).toBe(received[1].message.id);
  });

  test('two dispatchers at once do not tell an event twice', async () => {
    await storeLeads(made.db, 10);
    answer = (_message, _time, response) => void setTimeout(() => response.end(), 20);
    const [a, b] = await Promise.all([send(), send()]);
    expect(a.delivered + b.delivered).toBe(20);
    expect(new Set(received.map(({ message }) => message.id)).size).toBe(received.length);
  });

  test('what a dispatcher that died had taken is told by another when its time is over', async () => {
    await storeLeads(made.db, 1);
    await send({ url: 'http://127.0.0.1:1/' }, 5);
    // as if the process had ended between taking and telling
    await made.db.query(
      `UPDATE tuban.webhook_delivery SET next_at = $1, leased_until = $2 WHERE id = (SELECT min(id) FROM tuban.webhook_delivery)`,
      [clock.toISOString(), new Date(clock.getTime() + 35_000).toISOString()],
    );
    expect(await send()).toMatchObject({ delivered: 0 });
    later(36);
    expect(await send()).toMatchObject({ delivered: 2 });
  });

  test('after the last try an event is a dead letter that holds back its lead alone, until it is tried again', async () => {
    const numbers = await storeLeads(made.db, 2);
    answer = (message, _time, response) => {
      response.statusCode = message.number === numbers[0] ? 400 : 200;
      response.end();
    };
    expect(await send({}, 2)).toMatchObject({ delivered: 2, failed: 1, dead: 0 });
    later(60);
    expect(await send({}, 2)).toMatchObject({ failed: 1, dead: 1 });
    later(9999);
    expect(await send({}, 2)).toMatchObject({ delivered: 0, failed: 0 });
    const [dead] = await listDeliveries(made.db, { status: 'dead' });
    expect(dead).toMatchObject({
      number: numbers[0],
      kind: 'created',
      attempts: 2,
      lastError: 'answered 400',
    });
    answer = (_message, _time, response) => response.end();
    expect(await reviveDeliveries(made.db, [dead.id], clock)).toEqual([dead.id]);
    expect(await send({}, 2)).toMatchObject({ delivered: 2 });
    expect(rising(seqs(numbers[0]))).toBe(true);
  });

  test('a dead letter that is given up lets the later events of its lead go on', async () => {
    await storeLeads(made.db, 1);
    answer = (message, _time, response) => {
      response.statusCode = message.type === 'lead.created' ? 400 : 200;
      response.end();
    };
    expect(await send({}, 1)).toMatchObject({ delivered: 0, dead: 1 });
    await reviveDeliveries(made.db, null, clock, 'skipped');
    expect(await send({}, 1)).toMatchObject({ delivered: 1 });
  });

  test('a redirect is not followed, and no error names the key in the address', async () => {
    await storeLeads(made.db, 1);
    answer = (_message, _time, response) => {
      response.writeHead(307, { Location: 'http://127.0.0.1:1/elsewhere' });
      response.end();
    };
    await send();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect((await listDeliveries(made.db))[0].lastError).toBe('answered 307 (redirects are not followed)');
    later(60);
    await send();
    const [{ lastError }] = await listDeliveries(made.db);
    expect(lastError).toMatch(/^not reached: .*ECONNREFUSED/);
    expect(lastError).not.toContain('hidden');
  });

  test('a receiver hears of a lead from when it was sent, of the kinds it asked for', async () => {
    const [watched, sent] = await storeLeads(made.db, 3);
    // the third is told in full; the first only ever waited on the watch list
    await made.db.query('ALTER TABLE tuban.lead_event DISABLE TRIGGER USER');
    await made.db.query(
      `UPDATE tuban.lead_event SET disposition = 'watch' WHERE number = $1 OR (number = $2 AND kind = 'created')`,
      [watched, sent],
    );
    await addEvent(made.db, sent, 'withdrawn', 'withdrawn');
    expect(await send({ name: 'all' })).toMatchObject({ delivered: 4 });
    const told = received.filter(({ message }) => message.number === sent).map(({ message }) => message.type);
    expect(told).toEqual(['lead.sent', 'lead.withdrawn']);
    expect(await send({ name: 'some', events: ['withdrawn'] })).toMatchObject({ delivered: 1 });
  });
});
