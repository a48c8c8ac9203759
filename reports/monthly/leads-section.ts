import { LEAD_DISPOSITIONS, LEAD_STATUSES } from '../../vector/lead.js';
import type { TeamFigures } from '../../vector/store/lead-figures.js';
import { dateWords, instantWords } from '../shared/dates.js';
import { type Html, html } from '../shared/html.js';
import type { Lang } from '../shared/lang.js';
import { decimal, NONE, share } from '../shared/numbers.js';
import type { LeadSpan, ReportInput } from './input.js';
import type { Words } from './words.js';

/** Leads by what became of them, and how each team did; null where no lead was ever made. */
export function leadsSection(input: ReportInput, words: Words): Html | null {
  const { leads, lang } = input;
  if (!leads) return null;
  const spans = sameSpan(leads.own, leads.year) ? [leads.own] : [leads.own, leads.year];
  const instant = instantWords(input.generatedAt, lang, input.timeZone ?? 'Asia/Shanghai');
  return html`<p class="note">${words.leadsNote(instant)}</p><h3>${words.leadsByState}</h3>${stateTable(spans, lang, words)}
<h3>${words.leadsTeams(spanWords(leads.year, lang, words))}</h3><p class="note">${words.leadsTeamsNote}</p>${teamTable(leads.year, words)}`;
}

export function spanWords(span: LeadSpan, lang: Lang, words: Words): string {
  return words.monthsFromTo(dateWords(span.from, lang), dateWords(span.to, lang));
}

function sameSpan(a: LeadSpan, b: LeadSpan): boolean {
  return a.from === b.from && a.to === b.to;
}

function stateTable(spans: readonly LeadSpan[], lang: Lang, words: Words): Html {
  const line = (name: string, of: (span: LeadSpan) => number, kind: string) =>
    html`<tr class="${kind}"><th class="text">${name}</th>${spans.map((span) => html`<td>${decimal(of(span))}</td>`)}</tr>`;
  return html`<div class="scroll short"><table class="leads"><thead><tr><th class="text">${words.disposition}</th>${spans.map((span) => html`<th>${spanWords(span, lang, words)}</th>`)}</tr></thead><tbody>${LEAD_DISPOSITIONS.map(
    (name) =>
      html`${line(words.dispositions[name], (span) => dispositionCount(span, name), '')}${
        name === 'sent' &&
        LEAD_STATUSES.map((status) =>
          line(words.statuses[status], (span) => statusCount(span, status), 'inner'),
        )
      }`,
  )}${line(words.total, (span) => span.figures.total, 'total')}</tbody></table></div>`;
}

export function dispositionCount(span: LeadSpan, name: (typeof LEAD_DISPOSITIONS)[number]): number {
  return span.figures.dispositions.find((d) => d.disposition === name)?.count ?? 0;
}

export function statusCount(span: LeadSpan, name: (typeof LEAD_STATUSES)[number]): number {
  return span.figures.statuses.find((s) => s.status === name)?.count ?? 0;
}

function teamTable(span: LeadSpan, words: Words): Html {
  const { teams, all } = span.figures;
  const heads = [
    words.sent,
    words.visited,
    words.inTime,
    words.late,
    words.overdue,
    words.confirmed,
    words.rejected,
    words.notFound,
    words.confirmedShare,
    words.rejectedShare,
    words.medianDays,
  ];
  const cells = (t: TeamFigures) => {
    const decided = t.confirmed + t.rejected + t.notFound;
    const part = (count: number) => (decided > 0 ? share(count / decided) : NONE);
    return [
      ...[t.sent, t.visited, t.inTime, t.late, t.overdue, t.confirmed, t.rejected, t.notFound].map((n) =>
        decimal(n),
      ),
      part(t.confirmed),
      part(t.rejected),
      t.medianDays === null ? NONE : decimal(t.medianDays, 1),
    ];
  };
  const row = (name: string, t: TeamFigures, kind: string) =>
    html`<tr class="${kind}"><th class="place">${name}</th>${cells(t).map((text) => html`<td>${text}</td>`)}</tr>`;
  return html`<div class="scroll"><table class="teams"><thead><tr><th class="place">${words.team}</th>${heads.map((h) => html`<th>${h}</th>`)}</tr></thead><tbody>${teams.map((t) => row(t.team ?? words.noTeam, t, ''))}${row(words.allTeams, all, 'total')}</tbody></table></div>`;
}
