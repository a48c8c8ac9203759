import { z } from 'zod';

/** Shapes of the server's answers, checked at the door. Names and units are the API's: m², degrees, YYYY-MM. */

const LonLat = z.tuple([z.number(), z.number()]);
const Box = z.tuple([z.number(), z.number(), z.number(), z.number()]);

export const Role = z.enum(['administrator', 'analyst', 'planner', 'officer']);
export type Role = z.infer<typeof Role>;

export const User = z.object({ name: z.string(), role: Role, subdistricts: z.array(z.string()) });
export type User = z.infer<typeof User>;

export const Session = z.object({
  user: User.nullable(),
  /** Null for strangers. */
  csrf: z.string().nullable(),
});

export const Meta = z.object({
  district: z.object({ zh: z.string(), en: z.string() }),
  /** Oldest first once read. */
  months: z
    .array(
      z.object({
        month: z.string(),
        mom: z.boolean(),
        yoy: z.boolean(),
        usable: z.number().nullable(),
        patches: z.number(),
      }),
    )
    .transform((months) => months.toSorted((a, b) => a.month.localeCompare(b.month))),
  subdistricts: z.array(z.object({ code: z.string(), name: z.string() })),
  classes: z.array(z.object({ name: z.string(), zh: z.string(), en: z.string(), color: z.string() })),
  bounds: Box.nullable(),
  // a device that was away keeps an answer of before there was one
  home: Box.nullish(),
  center: LonLat.nullable(),
  basemap: z.object({ url: z.string(), attribution: z.string() }).nullable(),
});
export type Meta = z.infer<typeof Meta>;

export const Patch = z.object({
  number: z.string(),
  class: z.string(),
  subdistrict_code: z.string().nullable(),
  subdistrict: z.string().nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  area_m2: z.number(),
  confidence: z.number(),
  state: z.string(),
  perimeter_m: z.number(),
  compactness: z.number(),
  centroid: LonLat,
  decided: z.string().nullish(),
  to_bare: z.boolean().nullish(),
  model: z.string().nullish(),
});
export type Patch = z.infer<typeof Patch>;

export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullish(), total: z.number().nullish() });
}

const PolygonRings = z.array(z.array(z.array(z.number())));

export const PatchDetail = Patch.extend({
  geometry: z.union([
    z.object({ type: z.literal('Polygon'), coordinates: PolygonRings }),
    z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(PolygonRings) }),
  ]),
  looks: z.array(
    z.object({
      kind: z.string(),
      before: z.string().nullable(),
      after: z.string().nullable(),
      usable: z.number(),
      holding: z.number().nullable(),
    }),
  ),
  /** Kept offline by an older page, a card has none. */
  filtering: z.object({ filter: z.number(), held: z.boolean(), zh: z.string(), en: z.string() }).nullish(),
  lead: z.object({ status: z.string(), disposition: z.string() }).nullable(),
});
export type PatchDetail = z.infer<typeof PatchDetail>;

export const Lead = z.object({
  number: z.string(),
  month: z.string(),
  class: z.string(),
  subdistrict_code: z.string().nullable(),
  subdistrict: z.string().nullable(),
  area_m2: z.number(),
  suspectedM2: z.number(),
  confidence: z.number(),
  centroid: LonLat,
  disposition: z.string(),
  priority: z.string(),
  status: z.string(),
  verdict: z.string().nullable(),
  rejectReason: z.string().nullable(),
  team: z.string().nullable(),
  due: z.string().nullable(),
  address: z.object({ text: z.string(), distanceM: z.number() }).nullable(),
  reasons: z.array(z.object({ rule: z.string(), zh: z.string(), en: z.string() })),
});
export type Lead = z.infer<typeof Lead>;

export const LeadDetail = Lead.extend({
  before: z.string().nullable(),
  after: z.string().nullable(),
  permits: z.array(
    z.object({
      number: z.string(),
      authority: z.string().nullable(),
      overlapM2: z.number(),
      valid: z.boolean(),
    }),
  ),
  cameras: z.array(
    z.object({ id: z.string(), name: z.string(), distanceM: z.number(), bearing: z.number() }),
  ),
  zones: z.array(z.object({ kind: z.string(), name: z.string(), overlapM2: z.number() })),
  repeatOf: z.string().nullable(),
  links: z.object({ amap: z.string(), tencent: z.string(), baidu: z.string() }),
  events: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      at: z.string(),
      who: z.string(),
      note: z.string().nullable(),
      status: z.string(),
    }),
  ),
  photos: z.array(
    z.object({
      hash: z.string(),
      eventId: z.string(),
      takenAt: z.string().nullable(),
      distanceM: z.number().nullable(),
    }),
  ),
});
export type LeadDetail = z.infer<typeof LeadDetail>;

/** A run asked for on the page, while it waits and runs. */
export const Task = z.object({
  id: z.string(),
  month: z.string(),
  hold: z.boolean(),
  status: z.string(),
  /** The stored run it is at. */
  run: z.number().nullable(),
  stage: z.string(),
  done: z.number(),
  total: z.number(),
  failure: z.string().nullable(),
});
export type Task = z.infer<typeof Task>;

export const LogLine = z.object({
  at: z.string(),
  level: z.string(),
  event: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type LogLine = z.infer<typeof LogLine>;
export const RunLog = z.object({ items: z.array(LogLine) });
/** A line of the log of a run that is going on. */
export const RunNote = LogLine.extend({ task: z.string() });

const Summary = z.object({
  usable_fraction: z.number().optional(),
  detector: z.string().optional(),
  /** The learned model that judged, null for mathematics alone. */
  model: z.object({ id: z.string() }).nullish(),
  tolerance_px: z.number().default(0),
  judged_cell_px: z.number().default(1),
  scenes: z
    .array(
      z.object({
        scene: z.string(),
        shift: z.object({ dx: z.number(), dy: z.number() }),
        reliable: z.boolean(),
        invariant_fraction: z.number().optional(),
        not_normalized: z.array(z.string()).default([]),
      }),
    )
    .optional(),
});

export const Run = z.object({
  id: z.string(),
  month: z.string(),
  against: z.string(),
  before: z.string().nullable(),
  hold: z.boolean(),
  status: z.string(),
  run: z.number().nullable(),
  started_at: z.string(),
  published_at: z.string().nullable(),
  failure: z.string().nullable(),
  /** An older run's summary may say less; what cannot be read is not shown. */
  summary: Summary.nullable().catch(null),
  assets: z.array(z.string()),
  /** Of a task; null of a stored run. */
  progress: z.object({ stage: z.string(), done: z.number(), total: z.number() }).nullable(),
});
export type Run = z.infer<typeof Run>;
export const Runs = z.object({ items: z.array(Run) });

const CompareSide = z.object({
  run: Run,
  patches: z.array(
    z.object({ class: z.string(), state: z.string(), count: z.number(), area_m2: z.number() }),
  ),
  areas: z.array(
    z.object({
      total_m2: z.number(),
      usable_m2: z.number(),
      states: z.record(z.string(), z.number()),
    }),
  ),
});
export type CompareSide = z.infer<typeof CompareSide>;

const ComparedPatch = z.object({
  number: z.string(),
  class: z.string(),
  subdistrict: z.string().nullable(),
  area_m2: z.number(),
  centroid: LonLat,
});
/** A draft beside what is published. */
export const RunComparison = z.object({
  draft: CompareSide,
  published: CompareSide.nullable(),
  numbers: z.object({ kept: z.number(), new: z.number(), gone: z.number() }),
  new: z.array(ComparedPatch),
  gone: z.array(ComparedPatch),
  leads: z.object({ made: z.number(), changed: z.number() }),
});
export type RunComparison = z.infer<typeof RunComparison>;

export const Scenes = z.object({
  months: z.array(
    z.object({
      month: z.string(),
      scenes: z.array(
        z.object({
          id: z.string(),
          sensor: z.string().nullable(),
          acquired: z.string().nullable(),
          resolution_m: z.number(),
        }),
      ),
    }),
  ),
  missing: z.array(z.string()),
});
export type Scenes = z.infer<typeof Scenes>;

const Figures = z.object({
  patches: z.record(z.string(), z.object({ count: z.number(), area_m2: z.number() })),
  leads: z.record(z.string(), z.number()),
  overdue: z.number(),
});
export type Figures = z.infer<typeof Figures>;

export const Overview = z.object({
  month: z.string(),
  subdistricts: z.array(Figures.extend({ code: z.string(), name: z.string() })),
  totals: Figures,
  density: z.array(z.object({ lon: z.number(), lat: z.number(), patches: z.number(), leads: z.number() })),
  alerts: z.array(z.object({ kind: z.string(), zh: z.string(), en: z.string() })),
});
export type Overview = z.infer<typeof Overview>;

export const Users = z.object({
  items: z.array(
    z.object({ name: z.string(), role: Role, subdistricts: z.array(z.string()), active: z.boolean() }),
  ),
});
export type Users = z.infer<typeof Users>;

export const Audit = page(
  z.object({
    at: z.string(),
    who: z.string(),
    action: z.string(),
    target: z.string().nullable(),
    address: z.string().nullable(),
  }),
);

export const Permits = page(
  z.object({
    number: z.string(),
    authority: z.string().nullable(),
    validFrom: z.string().nullish(),
    validTo: z.string().nullish(),
    approvedM2: z.number().nullish(),
  }),
);

export const Cameras = page(z.object({ id: z.string(), name: z.string(), position: LonLat }));

const Token = z.object({
  id: z.string(),
  user: z.string(),
  label: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
});
export const Tokens = z.object({ items: z.array(Token) });
export const NewToken = Token.extend({ token: z.string() });

/** Of a table of visits. */
export const ImportedResults = z.object({ done: z.number(), unchanged: z.number() });
