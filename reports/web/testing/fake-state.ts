import type { MadeLead, MadePatch } from './made-data.js';
import { DRAFT, madeLead, PATCHES, RUN, TOKEN } from './made-data.js';

/** What the fake server knows and was told; a test reads and changes it. */
export interface FakeState {
  /** Who has signed in; null: nobody. */
  user: { name: string; role: string; subdistricts: string[] } | null;
  readonly leads: MadeLead[];
  /** Steps and photos in the order they arrived, with the ids the page gave them. */
  readonly told: { lead: string; id: string; what: string; fields: Record<string, string> }[];
  /** Says no to everything about leads' steps with this status; null: takes them. */
  refusal: number | null;
  /** Addresses asked for, without tiles. */
  readonly asked: string[];
  tokens: (typeof TOKEN)[];
  /** Stored runs, the newest first. */
  runs: (typeof RUN)[];
  /** Sends a task, or with `event` a line of a log, to the pages that watch runs. */
  readonly watchers: Set<(task: object) => void>;
}

export function fakeState(role: string | null): FakeState {
  return {
    user:
      role === null ? null : { name: '张三', role, subdistricts: role === 'officer' ? ['440303001'] : [] },
    leads: [
      madeLead(PATCHES[0], 'assigned', '2025-12-01'),
      madeLead(PATCHES[1], 'new', null),
      madeLead(PATCHES[2], 'visited', '2099-01-01'),
    ],
    told: [],
    refusal: null,
    tokens: [TOKEN],
    runs: [DRAFT, RUN],
    asked: [],
    watchers: new Set(),
  };
}

/** The filters of the API over made patches. */
export function wanted(query: URLSearchParams): (patch: MadePatch) => boolean {
  const within = (name: string, value: string) => {
    const list = query.get(name);
    return list === null || list.split(',').includes(value);
  };
  return (patch) =>
    query.get('month') === patch.after &&
    (query.get('against') ?? 'mom') === 'mom' &&
    within('class', patch.class) &&
    within('state', patch.state) &&
    within('subdistrict', patch.subdistrict_code) &&
    patch.area_m2 >= Number(query.get('min_area') ?? 0) &&
    patch.confidence >= Number(query.get('min_confidence') ?? 0);
}
