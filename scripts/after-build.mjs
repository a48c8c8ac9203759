// What tsc leaves undone: the bin must be executable, and files that are read at run time
// (SQL migrations, the sample world's model) must lie beside the compiled code.
import { chmodSync, cpSync, existsSync } from 'node:fs';

chmodSync('dist/jobs/cli.js', 0o755);
for (const folder of ['vector/store/migrations', 'samples/models']) {
  if (existsSync(folder)) cpSync(folder, `dist/${folder}`, { recursive: true });
}
