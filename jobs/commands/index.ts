import type { Command } from './command.js';
import { demoCommand } from './demo.js';
import { diffCommand } from './diff.js';
import { districtsImport, districtsList } from './districts.js';
import { evaluateCommand } from './evaluate.js';
import { patchesExport, patchesList } from './patches.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';
import { samplesCommand } from './samples.js';
import { scenesAdd, scenesList } from './scenes.js';

/**
 * All commands, in the order of the help and the README. What needs a large library (charts, geometry, databases) is
 * imported by a command when it runs: the others start in half the time.
 */
export const COMMANDS: readonly Command[] = [
  demoCommand,
  diffCommand,
  scenesAdd,
  scenesList,
  districtsImport,
  districtsList,
  runCommand,
  patchesList,
  patchesExport,
  reportCommand,
  evaluateCommand,
  samplesCommand,
];
