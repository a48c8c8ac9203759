// What tsc leaves undone: the bin must be executable, and files that are read at run time
// (SQL migrations, the sample world's model) must lie beside the compiled code.
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';

chmodSync('dist/jobs/cli.js', 0o755);
for (const folder of ['vector/store/migrations', 'samples/models']) {
  if (!existsSync(folder)) continue;
  // a model of an earlier build would be listed beside the one that ships now
  rmSync(`dist/${folder}`, { recursive: true, force: true });
  cpSync(folder, `dist/${folder}`, { recursive: true });
}
