import { LEAD_DISPOSITIONS, LEAD_STATUSES } from '../../vector/lead.js';
import type { ReportDocument } from './document-schema.js';
import { counted, type Sheet, shared, text } from './sheet.js';
import type { Words } from './words.js';

/** Leads by what became of them, and the teams' figures; without a row where no lead was ever made. */
export function leadSheets({ leads }: ReportDocument, words: Words): Sheet[] {
  if (leads === null) return [];
  const spans = [leads.own, leads.year];
  const range = (span: (typeof spans)[number]) => words.monthsFromTo(span.from, span.to);
  return [
    {
      name: words.sheets.leads,
      columns: [text(words.range, 20), text(words.kind, 14), text(words.item, 24), counted(words.count)],
      rows: spans.flatMap((span) => [
        ...LEAD_DISPOSITIONS.map((name) => {
          const count = span.dispositions.find((d) => d.disposition === name)?.count ?? 0;
          return [range(span), words.disposition, words.dispositions[name], count];
        }),
        ...LEAD_STATUSES.map((name) => {
          const count = span.statuses.find((s) => s.status === name)?.count ?? 0;
          return [range(span), words.status, words.statuses[name], count];
        }),
        [range(span), words.total, words.total, span.total],
      ]),
    },
    {
      name: words.sheets.teams,
      columns: [
        text(words.range, 20),
        text(words.team, 18),
        ...[words.sent, words.visited, words.inTime, words.late, words.overdue].map(counted),
        ...[words.confirmed, words.rejected, words.notFound].map(counted),
        shared(words.confirmedShare),
        shared(words.rejectedShare),
        { head: words.medianDays, format: '0.0', width: 14 },
      ],
      rows: spans.flatMap((span) =>
        [
          ...span.teams.map((t) => ({ ...t, name: t.team ?? words.noTeam })),
          { ...span.all, name: words.allTeams },
        ].map((t) => [
          range(span),
          t.name,
          t.sent,
          t.visited,
          t.in_time,
          t.late,
          t.overdue,
          t.confirmed,
          t.rejected,
          t.not_found,
          t.confirmed_share,
          t.rejected_share,
          t.median_days,
        ]),
      ),
    },
  ];
}
