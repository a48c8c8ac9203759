import { fill, h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { count, lonLat } from '../kit/numbers.js';
import type { LeadDetail } from '../kit/shapes.js';
import { choice, deed, field } from '../kit/widgets.js';
import { type Draft, enqueue } from '../queue/sender.js';
import { viewfinder } from './camera.js';
import { type Photo, pickedPhoto } from './photo.js';

/**
 * The record of a visit: photos, verdict, note. It is kept on the device before anything is sent, so that neither a lost
 * signal nor a closed page loses it.
 */
export function visitForm(user: string, lead: LeadDetail): HTMLElement {
  const words = t();
  const photos: Photo[] = [];
  const shown = h('ul', { class: 'photos' });
  const finder = h('div', {});
  const pick = h('input', {
    type: 'file',
    accept: 'image/jpeg,image/png,image/heic,image/webp',
    multiple: true,
    class: 'hidden-file',
    id: 'pick',
  });
  const verdict = choice(
    words.verdict,
    [
      { value: '', text: words.noVerdict },
      ...Object.entries(words.verdicts).map(([value, text]) => ({ value, text })),
    ],
    '',
    (value) => {
      reason.element.hidden = value !== 'rejected';
    },
  );
  const reason = choice(
    words.rejectReason,
    [
      { value: '', text: '—' },
      ...Object.entries(words.rejectReasons).map(([value, text]) => ({ value, text })),
    ],
    '',
  );
  reason.element.hidden = true;
  const note = field(words.note, { maxlength: 2000 });
  const kept = h('p', { role: 'status', class: 'ok' });

  const draw = () =>
    fill(
      shown,
      photos.map((photo, i) => picture(photo, i, () => drop(i))),
    );
  const drop = (i: number) => {
    const [gone] = photos.splice(i, 1);
    URL.revokeObjectURL(gone.preview);
    draw();
  };
  pick.addEventListener('change', () => {
    for (const file of pick.files ?? []) photos.push(pickedPhoto(file));
    pick.value = '';
    draw();
  });
  const form = h(
    'section',
    { class: 'card visit' },
    h('h2', {}, words.visit),
    h('p', { class: 'hint' }, words.visitHint),
    h(
      'div',
      { class: 'buttons' },
      deed(words.takePhoto, async () => {
        const view = await viewfinder((photo) => {
          photos.push(photo);
          draw();
        });
        finder.replaceChildren(view);
      }),
      h('label', { class: 'button', for: 'pick' }, words.pickPhoto),
      pick,
    ),
    finder,
    shown,
    verdict.element,
    reason.element,
    note.element,
    deed(
      words.submitVisit,
      async () => {
        if (verdict.select.value === 'rejected' && reason.select.value === '')
          throw new Error(words.reasonMissing);
        const answers = {
          visited: lead.status !== 'assigned',
          verdict: verdict.select.value,
          reason: reason.select.value,
          note: note.input.value.trim(),
        };
        await enqueue(lead.number, user, drafts(answers, photos, new Date()));
        fill(form, h('p', { class: 'ok', role: 'status' }, words.visitQueued));
        delete form.dataset.keep;
      },
      'primary',
    ),
    kept,
  );
  // a sign-in that runs out must not take away what is being filled in
  form.addEventListener('input', () => {
    form.dataset.keep = '';
  });
  return form;
}

interface Answers {
  /** Whether the visit stands already. */
  readonly visited: boolean;
  readonly verdict: string;
  readonly reason: string;
  readonly note: string;
}

/** What is to be told of a visit, in the order in which it may be: there, seen, judged. */
export function drafts(
  { visited, verdict, reason, note }: Answers,
  photos: readonly Photo[],
  now: Date,
): Draft[] {
  const at = now.toISOString();
  const said = note === '' ? {} : { note };
  const step = (fields: Readonly<Record<string, unknown>>): Draft => ({
    kind: 'step',
    fields: { ...fields, at },
    photo: null,
  });
  return [
    ...(visited ? [] : [step({ step: 'visit', ...(verdict === '' ? said : {}) })]),
    ...photos.map(
      ({ blob, takenAt, position, bearing, source }): Draft => ({
        kind: 'photo',
        fields: { taken_at: takenAt, position: position?.join(',') ?? null, bearing, source },
        photo: blob,
      }),
    ),
    ...(verdict === ''
      ? []
      : [step({ step: 'verdict', verdict, ...(verdict === 'rejected' ? { reason } : {}), ...said })]),
    ...(visited && verdict === '' && note !== '' ? [step({ step: 'note', note })] : []),
  ];
}

function picture(photo: Photo, i: number, drop: () => void): HTMLElement {
  const words = t();
  return h(
    'li',
    {},
    h('img', { src: photo.preview, alt: words.photoOf(count(i + 1)) }),
    h(
      'span',
      {},
      photo.source === 'camera' ? words.photoTaken : words.photoPicked,
      photo.source === 'camera' &&
        ` · ${photo.position ? words.photoPlaced(lonLat(photo.position)) : words.photoUnplaced}`,
    ),
    h(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': words.removePhoto, on: { click: drop } },
      '×',
    ),
  );
}
