import type { Command } from './command.js';
import { leadsExport } from './leads/export.js';
import { leadsImportResults } from './leads/import-results.js';
import { leadsList } from './leads/list.js';
import { leadsRefresh } from './leads/refresh.js';
import { leadsSheet } from './leads/sheet.js';
import { leadsShow } from './leads/show.js';
import { leadsUpdate } from './leads/update.js';

/** A file a subcommand, a line each. */
export const LEAD_COMMANDS: readonly Command[] = [
  leadsList,
  leadsShow,
  leadsUpdate,
  leadsRefresh,
  leadsExport,
  leadsSheet,
  leadsImportResults,
];
