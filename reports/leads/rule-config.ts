import { z } from 'zod';
import { CHANGE_CLASSES } from '../../kernels/classes.js';
import { LEAD_PRIORITIES, REJECT_REASONS, ZONE_KINDS } from '../../vector/lead.js';
import { PATCH_STATES } from '../../vector/patch.js';

/** What permits say of a patch: none there; valid ones on a part of it, or on all; only such as are not valid. */
export const PERMIT_COVERS = ['none', 'partial', 'full', 'expired'] as const;
export type PermitCover = (typeof PERMIT_COVERS)[number];

/** Words of a reason that are filled in from what was found. */
export const PLACEHOLDERS = ['area', 'suspected', 'confidence', 'permits', 'zones', 'earlier'] as const;

const Sentence = z
  .string()
  .min(1)
  .refine(
    (text) =>
      [...text.matchAll(/\{(\w*)\}/g)].every(([, word]) => PLACEHOLDERS.some((known) => known === word)),
    `has an unknown word in braces; expected of ${PLACEHOLDERS.map((word) => `{${word}}`).join(', ')}`,
  );

/** All of what is given must hold; a list holds where one of it does. */
const When = z.strictObject({
  class: z.array(z.enum(CHANGE_CLASSES.map(({ name }) => name))).optional(),
  minAreaM2: z.number().nonnegative().optional(),
  maxAreaM2: z.number().positive().optional(),
  minSuspectedM2: z.number().nonnegative().optional(),
  minConfidence: z.number().min(0).max(1).optional(),
  state: z.array(z.enum(PATCH_STATES)).optional(),
  permit: z.array(z.enum(PERMIT_COVERS)).optional(),
  zones: z.array(z.enum(ZONE_KINDS)).optional(),
  /** Confirmed before on the same ground. */
  repeat: z.boolean().optional(),
  /** An earlier lead that was sent lies within so many metres. */
  earlierWithinM: z.number().nonnegative().max(5000).optional(),
});

const Rule = z.strictObject({
  name: z.string().regex(/^[\w-]{1,40}$/, 'expected letters, digits, "-" or "_", 40 at most'),
  when: When,
  disposition: z.enum(['sent', 'watch']),
  priority: z.enum(LEAD_PRIORITIES),
  zh: Sentence,
  en: Sentence,
});
export type LeadRule = z.infer<typeof Rule>;

const Mark = Rule.omit({ disposition: true }).extend({ priority: z.enum(LEAD_PRIORITIES).optional() });
export type LeadMark = z.infer<typeof Mark>;

const Day = z.iso.date('expected days as 2026-10-01');

const DEFAULT_RULES: readonly LeadRule[] = [
  {
    name: 'building-confirmed',
    when: { class: ['building_new'], minAreaM2: 50, state: ['confirmed'] },
    disposition: 'sent',
    priority: 'middle',
    zh: '新增建筑 {area} m²，后续影像已确认',
    en: 'new building of {area} m², confirmed by a later month',
  },
  {
    name: 'building-sure',
    when: { class: ['building_new'], minAreaM2: 50, state: ['suspected'], minConfidence: 0.9 },
    disposition: 'sent',
    priority: 'middle',
    zh: '新增建筑 {area} m²，置信度 {confidence}',
    en: 'new building of {area} m², confidence {confidence}',
  },
  {
    name: 'building-watch',
    when: { class: ['building_new'], minAreaM2: 50 },
    disposition: 'watch',
    priority: 'low',
    zh: '疑似新增建筑 {area} m²，待后续影像确认',
    en: 'possible new building of {area} m², waiting for a later month',
  },
  {
    name: 'earthwork-confirmed',
    when: { class: ['earthwork'], minAreaM2: 200, state: ['confirmed'] },
    disposition: 'sent',
    priority: 'middle',
    zh: '推填土 {area} m²，后续影像已确认',
    en: 'earthwork of {area} m², confirmed by a later month',
  },
  {
    name: 'earthwork-sure',
    when: { class: ['earthwork'], minAreaM2: 200, state: ['suspected'], minConfidence: 0.9 },
    disposition: 'sent',
    priority: 'middle',
    zh: '推填土 {area} m²，置信度 {confidence}',
    en: 'earthwork of {area} m², confidence {confidence}',
  },
  {
    name: 'earthwork-watch',
    when: { class: ['earthwork'], minAreaM2: 200 },
    disposition: 'watch',
    priority: 'low',
    zh: '疑似推填土 {area} m²，待后续影像确认',
    en: 'possible earthwork of {area} m², waiting for a later month',
  },
];

const DEFAULT_MARKS: readonly LeadMark[] = [
  {
    name: 'protected-zone',
    when: { zones: [...ZONE_KINDS] },
    priority: 'high',
    zh: '占用{zones}',
    en: 'lies in protected zones: {zones}',
  },
  {
    name: 'repeat-site',
    when: { repeat: true },
    priority: 'high',
    zh: '同一地块曾查实（{earlier}），再次变化',
    en: 'confirmed before on the same ground ({earlier}), and changed again',
  },
  {
    name: 'large',
    when: { minSuspectedM2: 1000 },
    priority: 'high',
    zh: '许可范围外面积 {suspected} m²',
    en: '{suspected} m² outside permits',
  },
  {
    name: 'partly-permitted',
    when: { permit: ['partial'] },
    zh: '部分超出许可（{permits}），超出 {suspected} m²',
    en: 'partly outside its permit ({permits}), by {suspected} m²',
  },
  {
    name: 'permit-not-valid',
    when: { permit: ['expired'] },
    zh: '许可不在有效期内（{permits}）',
    en: 'permit not valid at the time ({permits})',
  },
];

/** Key `leads` of the configuration. The defaults carry a newcomer. */
export const LeadConfig = z.strictObject({
  /** The first rule that holds makes the lead, its reason and its priority; a patch that none fits becomes none. */
  rules: z.array(Rule).default([...DEFAULT_RULES]),
  /** Every mark that holds adds its reason, and may raise the priority. */
  marks: z.array(Mark).default([...DEFAULT_MARKS]),
  /** Share of a patch outside its permits that still counts as inside, beyond the outline's fuzz of a pixel. */
  permitTolerance: z.number().min(0).max(1).default(0.05),
  /** Share of a patch that an earlier lead must cover to be on the same ground. */
  sameGround: z.number().min(0.1).max(1).default(0.5),
  /** Rejections for these reasons keep the same ground from being sent again … */
  suppressing: z
    .array(z.enum(REJECT_REASONS))
    // a cloud says nothing of the ground, and nobody knows what "other" says
    .default(REJECT_REASONS.filter((reason) => reason !== 'cloud' && reason !== 'other')),
  /** … for so many months. */
  suppressMonths: z.number().int().min(0).max(120).default(12),
  /** Working days from assignment to the last day for the visit. */
  workingDays: z.number().int().min(1).max(250).default(10),
  /** Days off, and days worked, besides those of the mainland's calendar. */
  daysOff: z.array(Day).default([]),
  daysWorked: z.array(Day).default([]),
  /** Sent leads go to the team of their subdistrict at once. */
  autoAssign: z.boolean().default(false),
  /** Teams by code of the subdistrict; else its name and 执法队. */
  teams: z.record(z.string(), z.string().min(1)).default({}),
  /** A photo farther from the patch than this is warned of, metres. */
  photoDistanceM: z.number().positive().default(200),
});
export type LeadConfig = z.infer<typeof LeadConfig>;

/** How far earlier leads have to be looked for, metres. */
export function farthestEarlier({ rules, marks }: LeadConfig): number {
  return Math.max(1, ...[...rules, ...marks].map(({ when }) => when.earlierWithinM ?? 0));
}
