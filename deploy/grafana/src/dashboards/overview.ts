// The first dashboard: what the nodes execute, how truly it is counted, and why something is missing.
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { layOut, type Section } from '../layout';
import { cost } from '../rows/cost';
import { ipc } from '../rows/ipc';
import { misses } from '../rows/misses';
import { permissions } from '../rows/permissions';
import { software } from '../rows/software';
import { summary } from '../rows/summary';
import { truth } from '../rows/truth';
import { cpuInstance, datasource, instance, job } from '../variables';

const SECTIONS: Section[] = [
  { title: 'Overview', panels: summary },
  { title: 'Instructions per cycle', panels: ipc },
  { title: 'Permission health', panels: permissions },
  { title: 'Caches and branches', panels: misses },
  { title: 'Faults and switches', panels: software },
  { title: 'Truth of the counting', panels: truth },
  { title: 'Cost of the exporter', panels: cost },
];

export function overview(): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder('perf-exporter / Overview')
    .uid('perf-exporter-overview')
    .description(
      'Instructions per cycle, caches, branches, faults and switches of each node, counted by perf-exporter; how ' +
        'truly they are counted; and why something is missing. Generated: see deploy/grafana in its sources.',
    )
    .tags(['perf-exporter', 'prometheus', 'perf', 'ipc'])
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('1m')
    .timezone('browser')
    .editable()
    .variables([datasource(), job(), instance(), cpuInstance()])
    .annotations([]);
  return layOut(builder, SECTIONS).build();
}
