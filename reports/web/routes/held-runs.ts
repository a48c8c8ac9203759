import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CHANGE_CLASSES, STATES } from '../../../kernels/classes.js';
import { PATCH_STATES, type Patch } from '../../../vector/patch.js';
import type { SubdistrictArea } from '../../../vector/store/areas.js';
import { turns } from '../../shared/turns.js';
import { audit } from '../audit.js';
import type { Deps } from '../deps.js';
import { compareDraft, discardHeld, publishHeld, type Side } from '../held-runs.js';
import { signedIn } from '../permissions.js';
import { addRoute } from '../route.js';
import { ofRecord, RUN_READERS, RUNNERS, Run, RunId } from '../run-shapes.js';

const Count = z.object({
  class: z.enum(CHANGE_CLASSES.map(({ name }) => name)),
  state: z.enum(PATCH_STATES),
  count: z.number(),
  area_m2: z.number(),
});
const SideShape = z.object({
  run: Run,
  patches: z.array(Count),
  areas: z.array(
    z.object({
      code: z.string().nullable(),
      name: z.string().nullable(),
      total_m2: z.number(),
      usable_m2: z.number(),
      states: z.record(z.enum(STATES.map(({ name }) => name)), z.number()),
    }),
  ),
});
const Difference = z.object({
  number: z.string(),
  class: z.string(),
  subdistrict: z.string().nullable(),
  area_m2: z.number(),
  centroid: z.tuple([z.number(), z.number()]),
});
const Comparison = z.object({
  draft: SideShape,
  published: SideShape.nullable().describe('what readers see now; null where nothing is'),
  numbers: z.object({ kept: z.number(), new: z.number(), gone: z.number() }),
  new: z.array(Difference).describe('the largest patches that would be new, 50 at most'),
  gone: z.array(Difference).describe('the largest patches that would go, 50 at most'),
  leads: z.object({ made: z.number(), changed: z.number(), unchanged: z.number() }),
});
/** Patches that are named; their numbers tell of all. */
const MOST_NAMED = 50;

export function heldRunRoutes(app: FastifyInstance, deps: Deps): void {
  const params = z.strictObject({ id: RunId });
  // each publishes the month for a moment and undoes it
  const turn = turns(1);

  addRoute(app, {
    method: 'GET',
    url: '/api/runs/:id/comparison',
    access: RUN_READERS,
    summary:
      'A draft beside what is published: patches, areas, numbers kept, new and gone, what leads it would make',
    params,
    answer: Comparison,
    perMinute: 30,
    handle: async ({ params: { id } }) => {
      const { draft, published, leads } = await turn(() => compareDraft(deps, Number(id)));
      const before = new Set(published?.patches.map(({ number }) => number));
      const after = new Set(draft.patches.map(({ number }) => number));
      const added = draft.patches.filter(({ number }) => !before.has(number));
      const gone = (published?.patches ?? []).filter(({ number }) => !after.has(number));
      const shown = async ({ run, patches, areas }: Side) => ({
        run: await ofRecord(run, deps.config.stateDir),
        patches: countsOf(patches),
        areas: areas.map(areaShown),
      });
      return {
        draft: await shown(draft),
        published: published === null ? null : await shown(published),
        numbers: { kept: after.size - added.length, new: added.length, gone: gone.length },
        new: named(added),
        gone: named(gone),
        leads: { ...leads },
      };
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/api/runs/:id/publish',
    access: RUNNERS,
    summary:
      'Publishes a draft in the place of the run it was compared with (instead_of); 409 where another has come since',
    params,
    body: z.strictObject({ instead_of: RunId.nullable() }),
    answer: z.object({ patches: z.number(), leads_made: z.number(), leads_changed: z.number() }),
    perMinute: 30,
    handle: async ({ params: { id }, body, request }) => {
      const insteadOf = body.instead_of === null ? null : Number(body.instead_of);
      const by = signedIn(request).name;
      const { patches, leads } = await turn(() => publishHeld(deps, Number(id), { insteadOf, by }));
      await audit(deps, request, { action: 'run.published', target: id, data: { insteadOf } });
      return { patches, leads_made: leads.made, leads_changed: leads.changed };
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/api/runs/:id/discard',
    access: RUNNERS,
    summary: 'Ends a draft unpublished, and deletes its rasters',
    params,
    answer: null,
    handle: async ({ params: { id }, request, reply }) => {
      await turn(() => discardHeld(deps, Number(id), signedIn(request).name));
      await audit(deps, request, { action: 'run.discarded', target: id });
      return reply.code(204).send();
    },
  });
}

function countsOf(patches: readonly Patch[]): z.input<typeof Count>[] {
  return CHANGE_CLASSES.flatMap(({ name }) =>
    PATCH_STATES.flatMap((state) => {
      const own = patches.filter((patch) => patch.class === name && patch.state === state);
      const area = own.reduce((sum, { areaM2 }) => sum + areaM2, 0);
      return own.length === 0 ? [] : [{ class: name, state, count: own.length, area_m2: area }];
    }),
  );
}

function areaShown(area: SubdistrictArea) {
  const { built, water, forest, green, other } = area.states;
  return {
    code: area.subdistrictCode,
    name: area.subdistrict,
    total_m2: area.totalM2,
    usable_m2: area.usableM2,
    states: {
      built: built.areaM2,
      water: water.areaM2,
      forest: forest.areaM2,
      green: green.areaM2,
      other: other.areaM2,
    },
  };
}

function named(patches: readonly Patch[]): z.input<typeof Difference>[] {
  return patches
    .toSorted((a, b) => b.areaM2 - a.areaM2)
    .slice(0, MOST_NAMED)
    .map(({ number, class: name, subdistrict, areaM2, centroid: [lon, lat] }) => ({
      number,
      class: name,
      subdistrict,
      area_m2: areaM2,
      centroid: [lon, lat],
    }));
}
