// What tsc leaves undone: the bin must be executable, and files that are read at run time
// (SQL migrations) must lie beside the compiled code.
import { chmodSync, cpSync, existsSync } from 'node:fs';

chmodSync('dist/jobs/cli.js', 0o755);
if (existsSync('vector/store/migrations')) {
  cpSync('vector/store/migrations', 'dist/vector/store/migrations', { recursive: true });
}
