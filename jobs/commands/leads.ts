import type { Command } from './command.js';
import { leadsList } from './leads/list.js';
import { leadsRefresh } from './leads/refresh.js';
import { leadsShow } from './leads/show.js';
import { leadsUpdate } from './leads/update.js';

/** A file a subcommand, a line each. */
export const LEAD_COMMANDS: readonly Command[] = [leadsList, leadsShow, leadsUpdate, leadsRefresh];
