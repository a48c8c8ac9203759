import type { Command } from './command.js';
import { leadsExport } from './leads/export.js';
import { leadsImportResults } from './leads/import-results.js';
import { leadsSheet } from './leads/sheet.js';

export const leadsCommands: readonly Command[] = [leadsExport, leadsSheet, leadsImportResults];
