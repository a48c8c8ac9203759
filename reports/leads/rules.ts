import type { Filtering } from '../../vector/filter/judge.js';
import type { LeadPriority, LeadReason } from '../../vector/lead.js';
import type { Patch } from '../../vector/patch.js';
import type { EarlierLead, LeadFacts } from '../../vector/store/lead-facts.js';
import type { LeadFinding } from '../../vector/store/lead-findings.js';
import type { LeadConfig, LeadMark, LeadRule, PermitCover } from './rule-config.js';

/** What rules are asked with. */
interface Case {
  readonly patch: Patch;
  readonly facts: LeadFacts;
  readonly permit: PermitCover;
  /** Earlier leads on the same ground, and of these the one whose visit serves for this patch too, and one that was confirmed. */
  readonly same: readonly EarlierLead[];
  readonly running: EarlierLead | undefined;
  readonly confirmed: EarlierLead | undefined;
}

/**
 * What becomes of a patch first seen in `month` (YYYY-MM), null where no rule fits it. In this order: a patch that was
 * dismissed is withdrawn; one inside valid permits is filed; ground that was rejected before is not sent again; ground
 * where a lead is still being worked on is named there and not sent a second time; what a filter fitted from verdicts takes for
 * a false alarm waits on the watch list; else the rules decide.
 */
export function judge(patch: Patch, month: string, facts: LeadFacts, config: LeadConfig): LeadFinding | null {
  const same = facts.earlier.filter((lead) => lead.covered >= config.sameGround);
  const asked: Case = {
    patch,
    facts,
    permit: permitCover(patch, facts, config.permitTolerance),
    same,
    running: same.find(isRunning),
    confirmed: same.find((lead) => lead.verdict === 'confirmed'),
  };
  const rule = config.rules.find(({ when }) => holds(when, asked));
  if (!rule) return null;
  const marks = config.marks.filter(({ when }) => holds(when, asked));
  const suspectedM2 = asked.permit === 'full' ? 0 : facts.outsideM2;
  const base = {
    priority: highest([rule.priority, ...marks.flatMap(({ priority }) => priority ?? [])]),
    suspectedM2,
    permits: facts.permits,
    zones: facts.zones,
    address: facts.address,
    cameras: facts.cameras,
    repeatOf: (asked.running ?? asked.confirmed)?.number ?? null,
  };
  const reasons = [rule, ...marks].map((by) => said(by, asked, suspectedM2));
  const instead = (disposition: LeadFinding['disposition'], by: Pick<LeadRule, 'name' | 'zh' | 'en'>) => ({
    ...base,
    disposition,
    reasons: [said(by, asked, suspectedM2), ...reasons],
  });
  if (patch.state === 'dismissed') return instead('withdrawn', DISMISSED);
  if (asked.permit === 'full') return instead('permitted', PERMITTED);
  const rejected = same.find((lead) => suppresses(lead, month, config));
  if (rejected && !asked.running)
    return { ...instead('suppressed', suppressedBy(rejected)), repeatOf: rejected.number };
  if (asked.running) return instead('watch', alreadySent(asked.running));
  if (patch.filtering?.held && rule.disposition === 'sent')
    return instead('watch', heldBack(patch.filtering));
  return { ...base, disposition: rule.disposition, reasons };
}

const DISMISSED = {
  name: 'dismissed',
  zh: '后续或更早的影像否定了该变化',
  en: 'other months show that the change is none',
};
const PERMITTED = {
  name: 'permitted',
  zh: '在有效许可范围内（{permits}）',
  en: 'within a valid permit ({permits})',
};

function suppressedBy({ number, rejectReason }: EarlierLead) {
  return {
    name: 'rejected-before',
    zh: `同一地块的线索 ${number} 已被排除`,
    en: `lead ${number} on the same ground was rejected (${rejectReason})`,
  };
}

function alreadySent({ number }: EarlierLead) {
  return {
    name: 'same-site',
    zh: `同一地块的线索 ${number} 正在办理，不重复派发`,
    en: `lead ${number} on the same ground is being worked on; not sent twice`,
  };
}

/** Its words hold no braces: they are the filter's own. */
function heldBack({ filter, zh, en }: Filtering) {
  return {
    name: 'false-alarm-filter',
    zh: `疑似误报（过滤器 ${filter}）：${zh}`,
    en: `likely a false alarm (filter ${filter}): ${en}`,
  };
}

/**
 * How permits cover a patch. An outline comes from pixels and may be a pixel off all around, so what lies within a pixel of a permit is not
 * counted against it; beyond that a share is let pass, for corners that smoothing rounds and pixels that hold both sides.
 */
export function permitCover(patch: Patch, facts: LeadFacts, tolerance: number): PermitCover {
  const valid = facts.permits.some((permit) => permit.valid);
  const fuzz = tolerance * patch.areaM2;
  if (valid && facts.beyondM2 <= fuzz) return 'full';
  // a permit next door that the outline touches is none of this patch
  if (valid && facts.outsideM2 < patch.areaM2 - fuzz) return 'partial';
  const lapsed = facts.permits
    .filter((permit) => !permit.valid)
    .reduce((sum, permit) => sum + permit.overlapM2, 0);
  return lapsed > fuzz ? 'expired' : 'none';
}

/** Sent and not closed: somebody goes there, or has been and is not done. */
function isRunning({ disposition, status, verdict }: EarlierLead): boolean {
  return disposition === 'sent' && status !== 'closed' && verdict !== 'rejected' && verdict !== 'not_found';
}

function suppresses(lead: EarlierLead, month: string, { suppressing, suppressMonths }: LeadConfig): boolean {
  if (lead.verdict !== 'rejected' || lead.rejectReason === null) return false;
  return suppressing.includes(lead.rejectReason) && monthsApart(lead.month, month) <= suppressMonths;
}

function monthsApart(from: string, to: string): number {
  const count = (month: string) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7));
  return count(to) - count(from);
}

function holds(when: LeadRule['when'], { patch, facts, permit, confirmed }: Case): boolean {
  const tests: readonly boolean[] = [
    when.class?.includes(patch.class) ?? true,
    patch.areaM2 >= (when.minAreaM2 ?? 0),
    patch.areaM2 <= (when.maxAreaM2 ?? Number.POSITIVE_INFINITY),
    facts.outsideM2 >= (when.minSuspectedM2 ?? 0),
    patch.confidence >= (when.minConfidence ?? 0),
    // a dismissed patch fits the rule it fitted when it was suspected: it is withdrawn, not forgotten
    when.state?.includes(patch.state === 'dismissed' ? 'suspected' : patch.state) ?? true,
    when.permit?.includes(permit) ?? true,
    when.zones?.some((kind) => facts.zones.some((zone) => zone.kind === kind)) ?? true,
    when.repeat === undefined || when.repeat === (confirmed !== undefined),
    when.earlierWithinM === undefined ||
      facts.earlier.some((lead) => wasSent(lead) && lead.distanceM <= (when.earlierWithinM ?? 0)),
  ];
  return tests.every(Boolean);
}

function wasSent(lead: EarlierLead): boolean {
  return lead.disposition === 'sent';
}

const RANK: readonly LeadPriority[] = ['low', 'middle', 'high'];

function highest(priorities: readonly LeadPriority[]): LeadPriority {
  return RANK[Math.max(...priorities.map((priority) => RANK.indexOf(priority)))];
}

/** The rule's words with what was found filled in. */
function said(
  { name, zh, en }: Pick<LeadMark, 'name' | 'zh' | 'en'>,
  { patch, facts, running, confirmed }: Case,
  suspectedM2: number,
): LeadReason {
  const words: Readonly<Record<string, string>> = {
    area: String(Math.round(patch.areaM2)),
    suspected: String(Math.round(suspectedM2)),
    confidence: patch.confidence.toFixed(2),
    permits: facts.permits.map((permit) => permit.number).join('、'),
    zones: [...new Set(facts.zones.map((zone) => zone.name))].join('、'),
    earlier: (running ?? confirmed)?.number ?? '',
  };
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole);
  return { rule: name, zh: fill(zh), en: fill(en) };
}
