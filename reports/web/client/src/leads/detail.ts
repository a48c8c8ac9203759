import { type App, atDesk } from '../app.js';
import { address, download } from '../kit/api.js';
import { type Child, h } from '../kit/dom.js';
import { lang, named, t } from '../kit/lang.js';
import { area, count, lonLat, metres, moment, percent } from '../kit/numbers.js';
import { LeadDetail } from '../kit/shapes.js';
import { deed, facts, field } from '../kit/widgets.js';
import { chips } from '../map/card.js';
import { askOrKept } from '../offline/kept.js';
import { keptNote } from '../offline/note.js';
import { listEntries } from '../queue/store.js';
import { assign, step } from './desk.js';
import { visitForm } from './visit.js';
import { dueText, leadTags } from './words.js';

/** One lead: what it is, how to get there, what has been done, and what can be done next. */
export async function leadDetail(app: App, number: string, again: () => void): Promise<HTMLElement> {
  const words = t();
  const { value: lead, keptAt } = await askOrKept(`/api/leads/${encodeURIComponent(number)}`, LeadDetail);
  const waiting = (await listEntries()).filter((entry) => entry.lead === number).length;
  const visitable = lead.status === 'assigned' || lead.status === 'visited';
  return h(
    'article',
    { class: 'lead' },
    h('p', {}, h('a', { href: '/leads' }, `‹ ${words.back}`)),
    h('h1', { class: 'number' }, lead.number),
    leadTags(app, lead),
    h('p', {}, dueText(lead)),
    keptNote(keptAt),
    waiting > 0 && h('p', { class: 'notice' }, words.leadWaiting(count(waiting))),
    h('p', { class: 'notice' }, words.notice),
    chips(lead.number, lead.before, lead.after),
    h('div', { class: 'buttons' }, directions(lead), mapLink(lead), sheet(number)),
    about(lead),
    cameras(lead),
    visitable && app.user.role !== 'planner' && visitForm(app.user.name, lead),
    atDesk(app.user) && deskDeeds(lead, again),
    history(lead),
  );
}

function directions({ links }: LeadDetail): Child {
  const words = t();
  return (['amap', 'tencent', 'baidu'] as const).map((map) =>
    h(
      'a',
      { class: 'button', href: links[map], target: '_blank', rel: 'noopener noreferrer' },
      words.maps[map],
    ),
  );
}

function mapLink({ month, centroid: [lon, lat], number }: LeadDetail): HTMLElement {
  const query = { month, against: 'mom', patch: number, lon, lat, z: 17, mode: 'swipe' };
  return h('a', { class: 'button', href: address('/map', query) }, t().openMap);
}

function sheet(number: string): HTMLElement {
  return deed(t().sheet, () =>
    download(`/api/leads/${encodeURIComponent(number)}/sheet.pdf`, `${number}.pdf`),
  );
}

function about(lead: LeadDetail): HTMLElement {
  const words = t();
  return facts([
    [words.subdistrict, lead.subdistrict ?? words.outside],
    [words.address, lead.address && lead.address.text + words.near(metres(lead.address.distanceM))],
    [words.area, area(lead.area_m2)],
    [words.suspectedArea, lead.suspectedM2 === lead.area_m2 ? null : area(lead.suspectedM2)],
    [words.confidence, percent(lead.confidence)],
    [words.position, lonLat(lead.centroid)],
    [words.team, lead.team],
    [words.verdict, lead.verdict && named(words.verdicts, lead.verdict)],
    [words.rejectReason, lead.rejectReason && named(words.rejectReasons, lead.rejectReason)],
    [words.reasons, lead.reasons.length > 0 && list(lead.reasons.map((reason) => reason[lang()]))],
    [
      words.permits,
      lead.permits.length > 0 &&
        list(
          lead.permits.map(
            (permit) =>
              `${permit.number} · ${permit.valid ? words.permitValid : words.permitExpired} · ${area(permit.overlapM2)}`,
          ),
        ),
    ],
    [
      words.zones,
      lead.zones.length > 0 &&
        list(
          lead.zones.map(
            (zone) => `${named(words.zoneKinds, zone.kind)} ${zone.name} · ${area(zone.overlapM2)}`,
          ),
        ),
    ],
    [
      words.repeatOf,
      lead.repeatOf && h('a', { href: `/leads/${encodeURIComponent(lead.repeatOf)}` }, lead.repeatOf),
    ],
  ]);
}

const list = (texts: readonly string[]) =>
  h(
    'ul',
    {},
    texts.map((text) => h('li', {}, text)),
  );

function cameras(lead: LeadDetail): HTMLElement | null {
  const words = t();
  if (lead.cameras.length === 0) return null;
  return h(
    'section',
    {},
    h('h2', {}, words.cameras),
    list(
      lead.cameras.map(
        (camera) =>
          `${camera.name} · ${metres(camera.distanceM)} · ${words.bearing(camera.bearing.toFixed(0))}`,
      ),
    ),
  );
}

/** What the desk does: assign, close, reopen, note. */
function deskDeeds(lead: LeadDetail, again: () => void): HTMLElement {
  const words = t();
  const { number, status } = lead;
  const then = (work: () => Promise<void>) => async () => {
    await work();
    again();
  };
  const team = field(words.team, { value: lead.team ?? '' });
  const due = field(words.due, { type: 'date', value: status === 'assigned' ? (lead.due ?? '') : '' });
  const note = field(words.note, {});
  const ended = ['confirmed', 'rejected', 'not_found'].includes(status);
  return h(
    'section',
    { class: 'card' },
    (status === 'new' || status === 'assigned') &&
      h(
        'div',
        { class: 'row' },
        team.element,
        due.element,
        deed(
          words.assign,
          then(() => assign(number, team.input.value, due.input.value)),
          'primary',
        ),
      ),
    ended &&
      deed(
        words.closeLead,
        then(() => step(number, { step: 'close' })),
        'primary',
      ),
    (ended || status === 'closed') &&
      deed(
        words.reopenLead,
        then(() => step(number, { step: 'reopen' })),
      ),
    h(
      'div',
      { class: 'row' },
      note.element,
      deed(
        words.addNote,
        then(() => step(number, { step: 'note', note: note.input.value })),
      ),
    ),
  );
}

function history(lead: LeadDetail): HTMLElement {
  const words = t();
  return h(
    'section',
    {},
    h('h2', {}, words.history),
    h(
      'ol',
      { class: 'history' },
      lead.events.map((event) => {
        const photo = lead.photos.find(({ eventId }) => eventId === event.id);
        return h(
          'li',
          {},
          h('span', { class: 'when' }, moment(event.at)),
          ` ${named(words.events, event.kind)} · ${named(words.statuses, event.status)} · ${event.who}`,
          event.note !== null && h('p', {}, event.note),
          photo && [
            h('img', {
              src: `/api/leads/${encodeURIComponent(lead.number)}/photos/${photo.hash}`,
              alt: words.photo,
              loading: 'lazy',
            }),
            h(
              'span',
              { class: 'hint' },
              photo.takenAt && moment(photo.takenAt),
              photo.distanceM === null ? ` ${words.photoUnplaced}` : words.near(metres(photo.distanceM)),
            ),
          ],
        );
      }),
    ),
  );
}
