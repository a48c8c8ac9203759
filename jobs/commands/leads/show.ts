import { classByName } from '../../../kernels/classes.js';
import { BadInput } from '../../../raster/errors.js';
import { photoPath } from '../../../reports/leads/photos.js';
import { leadProperties } from '../../../reports/leads/properties.js';
import { dayIn } from '../../../reports/shared/zone.js';
import type { Lead, LeadEvent, LeadPhoto } from '../../../vector/lead.js';
import { listLeadEvents, listLeadPhotos } from '../../../vector/store/lead-events.js';
import { isOverdue, listLeads } from '../../../vector/store/leads.js';
import { type Command, JSON_OPTION } from '../command.js';
import { withDatabase } from '../database.js';

export const leadsShow: Command = {
  name: 'leads show',
  args: '<number>',
  summary: 'shows all of a lead, with every step of its life',
  summaryZh: '显示一条线索的全部内容与办理过程',
  options: [JSON_OPTION],
  async run(input, context) {
    const numbers = [input.args[0]];
    const found = await withDatabase(context, 'leads show', async (db) => {
      const [lead] = await listLeads(db, { numbers });
      if (lead === undefined) {
        throw new BadInput(`There is no lead ${numbers[0]}; tuban leads list shows those there are`);
      }
      return { lead, events: await listLeadEvents(db, numbers), photos: await listLeadPhotos(db, numbers) };
    });
    const { stateDir, timeZone } = context.config;
    const today = dayIn(new Date(), timeZone);
    const photos = found.photos.map((photo) => ({ ...photo, file: photoPath(stateDir, photo) }));
    if (input.options.json) {
      context.print(JSON.stringify({ ...leadProperties(found.lead, today), events: found.events, photos }));
      return;
    }
    for (const line of [
      ...told(found.lead, today),
      ...found.events.map((event) => eventLine(event, timeZone)),
    ]) {
      context.print(line);
    }
    for (const photo of photos) context.print(photoLine(photo));
  },
};

function told(lead: Lead, today: string): string[] {
  const { patch, permits, zones, cameras, address } = lead;
  const overdue = isOverdue(lead, today) ? ' (OVERDUE)' : '';
  return [
    `lead         ${lead.number}  ${classByName(patch.class)?.zh ?? patch.class}  ${patch.subdistrict ?? '-'}`,
    `seen         ${lead.month} against ${patch.before ?? '-'}, ${patch.state}, confidence ${patch.confidence.toFixed(2)}`,
    `area         ${Math.round(patch.areaM2)} m², suspected ${Math.round(lead.suspectedM2)} m²`,
    `place        ${patch.centroid.map((v) => v.toFixed(6)).join(', ')}${address ? `; ${address.text} (${Math.round(address.distanceM)} m)` : ''}`,
    `disposition  ${lead.disposition}, priority ${lead.priority}${lead.repeatOf ? `, same ground as ${lead.repeatOf}` : ''}`,
    ...lead.reasons.map(({ zh, en }) => `reason       ${zh} / ${en}`),
    ...permits.map(
      (p) =>
        `permit       ${p.number}  ${p.authority ?? '-'}  ${p.validFrom ?? p.date ?? '…'} – ${p.validTo ?? '…'}  ${Math.round(p.overlapM2)} m²${p.valid ? '' : '  not valid then'}`,
    ),
    ...zones.map((zone) => `zone         ${zone.name} (${zone.kind})  ${Math.round(zone.overlapM2)} m²`),
    ...cameras.map(
      (camera) =>
        `camera       ${camera.id} ${camera.name}  ${Math.round(camera.distanceM)} m, looking ${Math.round(camera.bearing)}°`,
    ),
    `status       ${lead.status}${lead.rejectReason ? ` (${lead.rejectReason})` : ''}${lead.team ? `, ${lead.team}` : ''}${lead.due ? `, due ${lead.due}${overdue}` : ''}`,
    'A lead is a clue to be verified on site, never evidence.',
  ];
}

function eventLine({ at, kind, who, note, status, disposition }: LeadEvent, timeZone: string): string {
  const time = new Date(at).toLocaleString('sv-SE', { timeZone });
  return `${time}  ${kind}  ${who}  → ${disposition} ${status}${note ? `  "${note}"` : ''}`;
}

function photoLine({ file, distanceM, takenAt }: LeadPhoto & { readonly file: string }): string {
  const place = distanceM === null ? 'no position' : `${Math.round(distanceM)} m from the patch`;
  return `photo        ${file}  ${place}${takenAt ? `, taken ${takenAt}` : ''}`;
}
