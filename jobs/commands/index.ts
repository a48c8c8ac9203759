import { defaultWorkers, startAhead } from '../../raster/engine/pool.js';
import type { Command } from './command.js';

/**
 * Commands by their first word, in the order of the help and the README. Each is imported when it is wanted: a command
 * need not load what only others use (charts, geometry, databases, the sample generator).
 */
const COMMANDS: Readonly<Record<string, () => Promise<readonly Command[]>>> = {
  demo: async () => [(await import('./demo.js')).demoCommand],
  diff: async () => [(await import('./diff.js')).diffCommand],
  scenes: async () => {
    const { scenesAdd, scenesList } = await import('./scenes.js');
    return [scenesAdd, scenesList];
  },
  districts: async () => {
    const { districtsImport, districtsList } = await import('./districts.js');
    return [districtsImport, districtsList];
  },
  run: async () => [(await import('./run.js')).runCommand],
  patches: async () => {
    const { patchesList, patchesExport } = await import('./patches.js');
    return [patchesList, patchesExport];
  },
  permits: async () => {
    const { permitsImport, permitsList } = await import('./permits.js');
    return [permitsImport, permitsList];
  },
  zones: async () => [(await import('./zones.js')).zonesImport],
  addresses: async () => [(await import('./addresses.js')).addressesImport],
  cameras: async () => [(await import('./cameras.js')).camerasImport],
  leads: async () => (await import('./leads.js')).LEAD_COMMANDS,
  filter: async () => (await import('./filter.js')).FILTER_COMMANDS,
  webhooks: async () => (await import('./webhooks.js')).webhooksCommands,
  report: async () => [(await import('./report.js')).reportCommand],
  schedule: async () => [(await import('./schedule.js')).scheduleCommand],
  worker: async () => [(await import('./worker.js')).workerCommand],
  serve: async () => [(await import('./serve.js')).serveCommand],
  runs: async () => (await import('./runs.js')).RUNS_COMMANDS,
  check: async () => [(await import('./check.js')).checkCommand],
  backup: async () => [(await import('./backup.js')).backupCommand],
  restore: async () => [(await import('./backup.js')).restoreCommand],
  prune: async () => [(await import('./upkeep.js')).pruneCommand],
  doctor: async () => [(await import('./upkeep.js')).doctorCommand],
  database: async () => [(await import('./upkeep.js')).migrateCommand],
  users: async () => (await import('./users.js')).USER_COMMANDS,
  models: async () => (await import('./models.js')).MODEL_COMMANDS,
  dataset: async () => [(await import('./dataset.js')).datasetExport],
  evaluate: async () => [(await import('./evaluate.js')).evaluateCommand],
  samples: async () => [(await import('./samples.js')).samplesCommand],
};

/** The commands that begin with `word`; all of them where none does, so that help and errors can name them. */
export async function commandsFor(word: string | undefined): Promise<readonly Command[]> {
  // it does nothing but compute blocks
  if (word === 'diff') startAhead(defaultWorkers());
  const found =
    word !== undefined && Object.hasOwn(COMMANDS, word) ? [COMMANDS[word]] : Object.values(COMMANDS);
  return (await Promise.all(found.map((load) => load()))).flat();
}
