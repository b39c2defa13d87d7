// main.js DIRECTORY: writes every dashboard there, as FILE.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { overview } from './dashboards/overview';

const DASHBOARDS: Record<string, () => Dashboard> = {
  'perf-exporter-overview.json': overview,
};

const directory = process.argv[2];
if (directory === undefined) {
  throw new Error('usage: main.js DIRECTORY');
}
mkdirSync(directory, { recursive: true });
for (const [file, dashboard] of Object.entries(DASHBOARDS)) {
  writeFileSync(join(directory, file), `${JSON.stringify(dashboard(), null, 2)}\n`);
}
