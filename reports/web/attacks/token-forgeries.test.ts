import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endSession, removeToken } from '../../../vector/store/sessions.js';
import { addUser, changeUser } from '../../../vector/store/users.js';
import { beginSession, csrfOf, makeToken, sessionHash, userOfSession } from '../sign-in.js';
import { openTestSite, type TestSite } from '../testing.js';
import { type Loot, TOKEN_FORGERIES } from './token-forgeries.js';

let site: TestSite;
let loot: Loot;
/** A token of the administrator, which every forgery tries to take back. */
let target: string;

beforeAll(async () => {
  site = await openTestSite();
  const { db, clock } = site;
  const passwordHash = '-';
  for (const name of ['victim', 'closed', 'changed']) {
    await addUser(db, { name, role: 'administrator', subdistricts: [], passwordHash });
  }
  const tokenOf = (user: string, days = 30) => makeToken(db, { user, label: 'x', days }, clock.now);
  const [token, revoked, expired, closed] = [
    await tokenOf('victim'),
    await tokenOf('victim'),
    await tokenOf('victim', -1),
    await tokenOf('closed'),
  ];
  await removeToken(db, revoked.record.id, null);
  // not by changeUser, which takes the tokens away too: the account alone must do
  await db.query("UPDATE tuban.web_user SET active = false WHERE name = 'closed'");
  const begin = (user: string) => beginSession(db, user, clock.now);
  const [session, other, ended, outdated] = [
    await begin('victim'),
    await begin('victim'),
    await begin('victim'),
    await begin('changed'),
  ];
  await endSession(db, sessionHash(ended));
  await changeUser(db, 'changed', { role: 'planner' });
  loot = {
    token: token.token,
    revoked: revoked.token,
    expired: expired.token,
    closed: closed.token,
    session,
    csrf: csrfOf(session),
    ended,
    outdated,
    otherCsrf: csrfOf(other),
  };
  target = (await tokenOf('administrator')).record.id;
});
afterAll(() => site.dispose());

const take = (id: string, headers: Record<string, string | string[]>) =>
  site.app.inject({ method: 'DELETE', url: `/api/tokens/${id}`, headers });

describe('somebody who shows', () => {
  it('what is right gets in: each of the forgeries below differs from it in one thing', async () => {
    const right: Record<string, string>[] = [
      { authorization: `Bearer ${loot.token}` },
      { cookie: `tuban_session=${loot.session}`, 'x-csrf-token': loot.csrf },
    ];
    for (const headers of right) {
      const { record } = await makeToken(site.db, { user: 'victim', label: 'x', days: 1 }, site.clock.now);
      expect((await take(record.id, headers)).statusCode).toBe(204);
    }
  });

  it.each(TOKEN_FORGERIES)('$name does not', async ({ headers }) => {
    const answer = await take(target, headers(loot));
    expect([401, 403]).toContain(answer.statusCode);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const left = await site.db.query('SELECT FROM tuban.api_token WHERE id = $1::uuid', [target]);
    expect(left).toHaveLength(1);
    // nor does an attempt end what is right
    expect(await userOfSession(site.db, loot.session, site.clock.now)).not.toBeNull();
  });
});
