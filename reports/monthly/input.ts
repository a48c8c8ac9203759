import type { ChangeClassName, StateName } from '../../kernels/classes.js';
import type { Grid } from '../../raster/grid.js';
import type { Patch, Subdistrict } from '../../vector/patch.js';
import type { LeadFigures } from '../../vector/store/lead-figures.js';
import type { Lang } from '../shared/lang.js';

/** Everything the monthly report prints, gathered by the caller. Plain data: the report reads no file, clock or database. */
export interface ReportInput {
  readonly lang: Lang;
  /** Name of the district, e.g. 罗湖区. */
  readonly district: string;
  /** The month reported, YYYY-MM. */
  readonly month: string;
  /** First month of the period that ends with `month`; absent in a month's report. */
  readonly since?: string;
  /** When the report was made, ISO 8601 with its offset. */
  readonly generatedAt: string;
  /** IANA zone in which `generatedAt` is printed; Asia/Shanghai where absent. */
  readonly timeZone?: string;
  /** True for made-up sample imagery; the page says so. */
  readonly synthetic: boolean;
  /** In the order of the page; empty for a district's first month. */
  readonly comparisons: readonly Comparison[];
  /** Land states of the month by itself; what a first month shows instead of changes. */
  readonly firstMonth?: MonthStates;
  /** In the order of the tables. */
  readonly subdistricts: readonly Subdistrict[];
  /** Every month of the calendar from the first stored one to this, oldest first; drawn from two months on. */
  readonly trend?: readonly TrendPoint[];
  /** Absent where no lead was ever made. */
  readonly leads?: ReportLeads;
}

/**
 * Against the month before (环比), against last year's (同比), against a month that was chosen, or from the opening of a period
 * to its end. Of a kind there may be several.
 */
export type ComparisonKind = 'mom' | 'yoy' | 'pair' | 'period';

/** What changed between two dates. */
export interface Comparison {
  readonly against: ComparisonKind;
  /** Dates compared, YYYY-MM or YYYY-MM-DD. */
  readonly before: string;
  readonly after: string;
  readonly sensors: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** The grid of the run; the patches' rings are in its CRS. */
  readonly grid: Grid;
  /** Dismissed patches may be among them: they are told of, and counted nowhere. */
  readonly patches: readonly Patch[];
  /** Classes the bands could not give; their zeros would be a lie. */
  readonly notComputed: readonly ChangeClassName[];
  readonly areas: readonly StateChange[];
  readonly usable: readonly UsableArea[];
  /** Minimum mapping units in m², if the run tells them. */
  readonly minimumAreaM2?: { readonly building: number; readonly other: number };
  /** The after image under the map; null draws the map on plain ground. */
  readonly map: Picture | null;
  readonly chips: readonly Chip[];
  /** What the reader must know of this run, in the report's language, e.g. that an alignment was not reliable. */
  readonly notes: readonly string[];
  /**
   * Present where no run compared the two dates themselves: the patches are those of the months between, month on month, and
   * the areas compare the states that both dates' own runs kept.
   */
  readonly months?: readonly SpanMonth[];
}

/** One month whose patches are summed. */
export interface SpanMonth {
  /** YYYY-MM. */
  readonly month: string;
  /** The month its patches were compared with; null where it has no month-on-month run, so that its patches are missing. */
  readonly before: string | null;
  readonly observed: { readonly usableM2: number; readonly totalM2: number } | null;
}

/** Area of one state at both dates in m², over the pixels usable at both. */
export interface StateChange {
  /** Null for ground outside every subdistrict. */
  readonly subdistrictCode: string | null;
  readonly state: StateName;
  readonly beforeM2: number;
  readonly afterM2: number;
}

/** How much of the ground was seen: at both dates in a comparison, in the month in a first month. */
export interface UsableArea {
  readonly subdistrictCode: string | null;
  readonly usableM2: number;
  readonly totalM2: number;
}

/** States of one month with nothing to compare. */
export interface MonthStates {
  /** YYYY-MM or YYYY-MM-DD. */
  readonly date: string;
  readonly sensors: readonly string[];
  readonly grid: Grid;
  readonly areas: readonly StateArea[];
  readonly usable: readonly UsableArea[];
  readonly map: Picture | null;
  readonly notes: readonly string[];
}

export interface StateArea {
  readonly subdistrictCode: string | null;
  readonly state: StateName;
  readonly areaM2: number;
}

/** An encoded image on its own grid. */
export interface Picture {
  readonly jpeg: Uint8Array;
  readonly grid: Grid;
}

/** The same ground before and after, around one patch. Both images cover `grid`, whose CRS is the comparison's. */
export interface Chip {
  /** Number of the patch it shows. */
  readonly number: string;
  readonly before: { readonly jpeg: Uint8Array };
  readonly after: { readonly jpeg: Uint8Array };
  readonly grid: Grid;
}

/** One month of the trend. */
export interface TrendPoint {
  /** YYYY-MM. */
  readonly month: string;
  /** Ground of the district seen; null where nothing is stored of the month. */
  readonly observed: { readonly usableM2: number; readonly totalM2: number } | null;
  /** Land states in m² on the ground seen; a state the bands could not give is absent. Null as above. */
  readonly states: Readonly<Partial<Record<StateName, number>>> | null;
  /** Patches first seen in it, month on month; null where there is no such run. */
  readonly classes:
    | readonly { readonly class: ChangeClassName; readonly count: number; readonly areaM2: number }[]
    | null;
}

/** Leads as they stood when the report was made. */
export interface ReportLeads {
  /** Of patches first seen in the month or the period reported. */
  readonly own: LeadSpan;
  /** Of a year up to the month reported (or of the period, where that is longer): visits take their time. */
  readonly year: LeadSpan;
}

export interface LeadSpan {
  /** YYYY-MM, both included. */
  readonly from: string;
  readonly to: string;
  readonly figures: LeadFigures;
}
