import { addAudit } from '../../../vector/store/audit.js';
import { importCameras } from '../../../vector/store/cameras.js';
import { importPermits } from '../../../vector/store/permits.js';
import { lonLatAt, lonLatSquare } from '../../leads/testing.js';
import { makeToken } from '../sign-in.js';
import type { TestSite } from '../testing.js';

/** Texts in every field that people or registers fill, past the checks that would refuse some of them. */
export async function storeEverywhere(site: TestSite, texts: readonly string[]): Promise<void> {
  const { db, numbers, clock } = site;
  const now = clock.now;
  const [first] = texts;
  await importPermits(
    db,
    texts.map((text, i) => ({
      what: `row ${i}`,
      values: {
        number: `${i} ${text}`,
        authority: text,
        level: text,
        date: null,
        validFrom: null,
        validTo: null,
        approvedM2: null,
      },
      geometry: [lonLatSquare(10 + (i % 10), 10, 20)],
    })),
  );
  await importCameras(
    db,
    texts.map((text, i) => ({
      what: `row ${i}`,
      values: { id: `${i} ${text}`, name: text, bearing: 0, view: 360, rangeM: 500 },
      geometry: lonLatAt(10 + i, 10),
    })),
  );
  const lead = {
    reasons: texts.map((text) => ({ rule: text, zh: text, en: text })),
    permits: texts.map((text) => ({
      ...{ number: text, authority: text, level: text, date: text, validFrom: text, validTo: text },
      ...{ approvedM2: 1, overlapM2: 1, valid: true },
    })),
    zones: texts.map((text) => ({ kind: 'farmland', name: text, overlapM2: 1 })),
    cameras: texts.map((text, i) => ({ id: `${i} ${text}`, name: text, distanceM: i, bearing: 1 })),
    address: { text: texts.join(' '), distanceM: 1 },
  };
  await db.query(
    `UPDATE tuban.lead SET reasons = $1::jsonb, permits = $2::jsonb, zones = $3::jsonb, cameras = $4::jsonb,
       address = $5::jsonb, team = $6`,
    [lead.reasons, lead.permits, lead.zones, lead.cameras, lead.address]
      .map((value) => JSON.stringify(value))
      .concat(texts.join(' ')),
  );
  for (const [i, text] of texts.entries()) {
    await db.query(
      `INSERT INTO tuban.lead_event (number, kind, who, note, status, disposition, data)
       VALUES ($1, 'note', $2, $2, 'new', 'sent', $3::jsonb)`,
      [numbers.own, text, JSON.stringify({ team: text, reason: text })],
    );
    await addAudit(db, { who: text, action: text, target: text, data: { text }, address: text }, now);
    await db.query(
      `INSERT INTO tuban.web_user (name, role, password) VALUES ($1, 'planner', '-') ON CONFLICT DO NOTHING`,
      [`${i}${text}`.slice(0, 64)],
    );
    await makeToken(db, { user: 'administrator', label: text, days: 1 }, now);
    site.asked.push({
      id: `task-${i} ${text}`,
      month: '2026-08',
      against: null,
      status: 'failed',
      run: null,
      hold: false,
      stage: text,
      done: 0,
      total: 0,
      failure: text,
      askedAt: now.toISOString(),
    });
  }
  // one of each is enough where there are few rows: all texts in one name
  const all = texts.join(' ');
  await db.query('UPDATE tuban.subdistrict SET name = $1', [all]);
  await db.query('UPDATE tuban.patch SET subdistrict = $1', [first]).catch(() => {});
}
