import type { Patch, PolygonRings } from './patch.js';

/**
 * A lead (线索): a patch that enforcement may have to look at. It has its patch's number (监测编号): one lead a patch.
 * It is a clue to be verified on site, never evidence.
 */
export interface Lead {
  readonly number: string;
  /** The patch as the store has it now. */
  readonly patch: Patch;
  /** Month it was first seen in, YYYY-MM. */
  readonly month: string;
  readonly disposition: LeadDisposition;
  readonly priority: LeadPriority;
  /** Why, a rule each, in the order of the rules. */
  readonly reasons: readonly LeadReason[];
  /** Area outside every valid permit, m². */
  readonly suspectedM2: number;
  /** Permits that overlap the patch, the largest overlap first. */
  readonly permits: readonly PermitOverlap[];
  /** Protected zones that overlap the patch, the largest overlap first. */
  readonly zones: readonly ZoneOverlap[];
  /** The nearest address. */
  readonly address: { readonly text: string; readonly distanceM: number } | null;
  /** Ground cameras that can see it, nearest first. */
  readonly cameras: readonly SeeingCamera[];
  /** Number of an earlier lead on the same ground; null where there is none. */
  readonly repeatOf: string | null;
  readonly status: LeadStatus;
  readonly verdict: LeadVerdict | null;
  /** Why it was rejected; null otherwise. */
  readonly rejectReason: RejectReason | null;
  /** Who has it: a subdistrict's team or what the assigner wrote. */
  readonly team: string | null;
  /** Last day for the visit, YYYY-MM-DD. */
  readonly due: string | null;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  /** When it was first sent; null while it has not been. */
  readonly sentAt: string | null;
  readonly visitedAt: string | null;
}

/**
 * What becomes of it: sent to enforcement; kept on the watch list; filed under a permit; not sent because the same ground was
 * rejected before (suppressed); withdrawn because its patch was dismissed or is no longer found.
 */
export const LEAD_DISPOSITIONS = ['sent', 'watch', 'permitted', 'suppressed', 'withdrawn'] as const;
export type LeadDisposition = (typeof LEAD_DISPOSITIONS)[number];

/** Where a sent lead is in its life; the others stay `new`. */
export const LEAD_STATUSES = [
  'new',
  'assigned',
  'visited',
  'confirmed',
  'rejected',
  'not_found',
  'closed',
] as const;
export type LeadStatus = (typeof LEAD_STATUSES)[number];

export const LEAD_VERDICTS = ['confirmed', 'rejected', 'not_found'] as const;
export type LeadVerdict = (typeof LEAD_VERDICTS)[number];

export const REJECT_REASONS = [
  'seasonal',
  're_roofed',
  'permitted',
  'temporary',
  'cloud',
  'shadow',
  'misregistered',
  'other',
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

export const LEAD_PRIORITIES = ['high', 'middle', 'low'] as const;
export type LeadPriority = (typeof LEAD_PRIORITIES)[number];

export interface LeadReason {
  /** Name of the rule in the configuration. */
  readonly rule: string;
  readonly zh: string;
  readonly en: string;
}

export interface PermitOverlap {
  readonly number: string;
  readonly authority: string | null;
  readonly level: string | null;
  /** Day of approval and of the range it is valid in, YYYY-MM-DD; null where not told. */
  readonly date: string | null;
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly approvedM2: number | null;
  readonly overlapM2: number;
  /** Whether it was valid when the patch was first seen. */
  readonly valid: boolean;
}

export interface ZoneOverlap {
  readonly kind: ZoneKind;
  readonly name: string;
  readonly overlapM2: number;
}

/** 永久基本农田, 饮用水水源保护区, 生态保护红线, and what a district adds. */
export const ZONE_KINDS = ['farmland', 'water_source', 'ecological', 'other'] as const;
export type ZoneKind = (typeof ZONE_KINDS)[number];

export const ZONE_KINDS_ZH: Readonly<Record<ZoneKind, string>> = {
  farmland: '永久基本农田',
  water_source: '饮用水水源保护区',
  ecological: '生态保护红线',
  other: '其他保护区',
};

export interface SeeingCamera {
  readonly id: string;
  readonly name: string;
  readonly distanceM: number;
  /** From the camera to the patch, degrees clockwise from true north, 0-360. */
  readonly bearing: number;
}

/** A step of a lead's life; only ever added. */
export interface LeadEvent {
  /** UUID: who is told of it twice can tell. */
  readonly id: string;
  readonly number: string;
  /** Rises with every event of the project. */
  readonly seq: number;
  readonly kind: LeadEventKind;
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** A person, a team or `tuban`. */
  readonly who: string;
  readonly note: string | null;
  /** Status after it. */
  readonly status: LeadStatus;
  readonly disposition: LeadDisposition;
  /** What else belongs to the kind: due date and team, verdict and reason, a photo's hash and position. */
  readonly data: Readonly<Record<string, unknown>>;
}

export const LEAD_EVENT_KINDS = [
  'created',
  'sent',
  'changed',
  'assigned',
  'visited',
  'verdict',
  'closed',
  'reopened',
  'withdrawn',
  'photo',
  'note',
] as const;
export type LeadEventKind = (typeof LEAD_EVENT_KINDS)[number];

/** A photo of a visit; the file lies under its hash in the state folder. */
export interface LeadPhoto {
  readonly number: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly hash: string;
  readonly mediaType: string;
  /** WGS84 longitude, latitude from its EXIF; null where it has none. */
  readonly position: readonly [number, number] | null;
  /** Metres from the patch; null without a position. */
  readonly distanceM: number | null;
  readonly takenAt: string | null;
  readonly eventId: string;
}

/** Ground that a permit or a protected zone covers, WGS84 longitude, latitude. */
export interface Ground {
  readonly polygons: readonly PolygonRings[];
}
