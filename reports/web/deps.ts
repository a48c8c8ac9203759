import type { FastifyBaseLogger } from 'fastify';
import type { FilterConfig } from '../../vector/filter/config.js';
import type { Db } from '../../vector/store/db.js';
import type { RunLogLine } from '../../vector/store/run-log.js';
import type { LeadCase } from '../leads/case.js';
import type { OpenMonth } from '../leads/evidence.js';
import type { RefreshCount } from '../leads/refresh.js';
import type { LeadConfig } from '../leads/rule-config.js';
import type { Lang } from '../shared/lang.js';
import type { OidcConfig } from './oidc/config.js';
import type { Provider } from './oidc/provider.js';

/** What the web application may touch of the outside; made by whoever starts it (jobs/serve.ts), by tests from small parts. */
export interface Deps {
  readonly db: Db;
  readonly config: WebConfig;
  /** Of the program. */
  readonly version: string;
  /** Scenes of a month for pictures, newest first; they stay open as long as the server. */
  readonly scenes: OpenMonth;
  readonly now: () => Date;
  readonly runs: RunDesk;
  /** @throws BadInput where nothing is published for it, Unavailable where a PDF is asked for without Chromium. */
  readonly makeReport: (request: ReportWanted) => Promise<Uint8Array>;
  /** The lead's sheet as PDF. @throws Unavailable without Chromium. */
  readonly makeSheet: (one: LeadCase) => Promise<Uint8Array>;
  /** A lead with its run; null where there is none of that number. */
  readonly leadCase: (number: string) => Promise<LeadCase | null>;
  /** Imports a table of visits (CSV, XLSX, JSON), all of it or nothing. @throws BadInput naming file, row and column. */
  readonly importResults: (path: string) => Promise<{ readonly done: number; readonly unchanged: number }>;
  /** Asks the rules again after registers have changed. */
  readonly refreshLeads: () => Promise<RefreshCount>;
  /** Of the city's unified identity; absent where none is configured. */
  readonly provider?: Provider;
  readonly log?: FastifyBaseLogger;
}

export interface WebConfig {
  /** Name of the district as configured; '' where the subdistricts' codes say it. */
  readonly district: string;
  /** Folder of the built page; null: the API alone. */
  readonly pageDir: string | null;
  readonly stateDir: string;
  readonly timeZone: string;
  readonly leads: LeadConfig;
  readonly filter: FilterConfig;
  /** Address people reach the server at; '' for the one it listens on. https makes cookies Secure. */
  readonly publicUrl: string;
  /** The city's unified identity; null: local accounts alone. */
  readonly oidc: OidcConfig | null;
  /** XYZ tiles ({z}/{x}/{y}) of an outside basemap; null: none is asked. */
  readonly basemap: { readonly url: string; readonly attribution: string } | null;
}

export interface ReportWanted {
  readonly month: string;
  /** `mom`, `yoy` or earlier months; null: all that were run. */
  readonly against: readonly string[] | null;
  readonly since: string | null;
  readonly format: 'html' | 'pdf' | 'xlsx' | 'json';
  readonly lang: Lang;
}

/** What a run is asked to do. */
export interface RunWanted {
  /** YYYY-MM. */
  readonly month: string;
  /** What to compare with; null: what there is. */
  readonly against: readonly ('mom' | 'yoy')[] | null;
  /** Kept back as a draft, to be published by somebody who has looked at it. */
  readonly hold: boolean;
}

/** Runs asked for by the page: one at a time, in the order they were asked for, in this process. */
export interface RunDesk {
  /** @throws BadInput where the month cannot be run, or is being run. */
  start(wanted: RunWanted): RunTask;
  /** False where nothing of that id is waiting or running. */
  cancel(id: string): boolean;
  /** Waiting, running and those that ended since the server started, oldest first. */
  tasks(): readonly RunTask[];
  /** Tells of every change of a task and every line of its runs' logs; the result ends it. */
  watch(listener: { task(task: RunTask): void; note(note: RunNote): void }): () => void;
}

/** A line of the log of a run that is going on. */
export interface RunNote extends RunLogLine {
  readonly task: string;
  /** The stored run's number. */
  readonly run: number;
}

export interface RunTask extends RunWanted {
  readonly id: string;
  readonly status: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  /** The stored run it is at, or was at last; null before the first. */
  readonly run: number | null;
  /** What it is at, e.g. `2026-08 mom`; empty while waiting. */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** Why it failed; null otherwise. */
  readonly failure: string | null;
  /** ISO 8601. */
  readonly askedAt: string;
}

/** What a stored run says where somebody cancelled it. */
export const CANCELLED = 'cancelled';
