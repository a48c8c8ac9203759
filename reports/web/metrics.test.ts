import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestSite, type TestSite } from './testing.js';

let site: TestSite;
beforeAll(async () => {
  site = await openTestSite();
});
afterAll(() => site.dispose());

it('the figures are those of the database, and no series is made of an address', async () => {
  await site.app.inject({ url: `/api/leads/${site.numbers.own}` });
  const { statusCode, headers, body } = await site.app.inject({
    url: '/metrics',
    headers: site.headers('planner'),
  });
  expect(statusCode).toBe(200);
  expect(headers['content-type']).toMatch(/^text\/plain/);
  const rows = await site.db.query<{ class: string; state: string; count: number }>(
    'SELECT class, state, count(*) AS count FROM tuban.patch WHERE retired_at IS NULL GROUP BY 1, 2',
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const { class: name, state, count } of rows)
    expect(body).toContain(`tuban_patches{class="${name}",state="${state}"} ${count}\n`);
  expect(body).toMatch(/tuban_runs\{status="published"\} \d/);
  expect(body).toMatch(/tuban_leads\{status="new",disposition="sent"\} \d/);
  expect(body).toMatch(
    /tuban_http_request_seconds_count\{method="GET",route="\/api\/leads\/:number",status="401"\} 1/,
  );
  expect(body).toMatch(/process_resident_memory_bytes \d/);
  expect(body).not.toContain(site.numbers.own);
});
