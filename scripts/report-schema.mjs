// Writes docs/report.schema.json, the JSON Schema of `tuban report --format json`, from the built project.
// node scripts/report-schema.mjs
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { ReportDocument } from '../dist/reports/monthly/document-schema.js';

writeFileSync('docs/report.schema.json', `${JSON.stringify(z.toJSONSchema(ReportDocument), null, 2)}\n`);
