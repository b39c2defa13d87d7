// What the kernel counts without a PMU: faults, switches, migrations.
import * as units from '@grafana/grafana-foundation-sdk/units';
import { lines, type Panel, type PanelSpec } from '../panels';
import { NODE, NODE_NAME, rate, sumBy } from '../queries';

function events(event: string, spec: Pick<PanelSpec, 'title' | 'shows' | 'judge'>): Panel {
  return lines({
    ...spec,
    computed:
      `The rate of ${event.replaceAll('_', ' ')}, summed over the CPUs of each node. ` +
      'Always a count, never an estimate.',
    unit: units.CountsPerSecond,
    queries: [{ expression: sumBy(NODE, rate(event)), legend: NODE_NAME }],
    width: 12,
    min: 0,
  });
}

export function software(): Panel[] {
  return [
    events('minor_faults', {
      title: 'Minor page faults by node',
      shows: 'Page faults that were served from memory: first touches, copies on write, mappings of cached files.',
      judge:
        'Thousands are usual where processes start. A steady high rate tells of memory that is given back and taken ' +
        'anew.',
    }),
    events('major_faults', {
      title: 'Major page faults by node',
      shows: 'Page faults that waited for a disk.',
      judge:
        'Near 0 on a node with memory enough. A steady rate means swapping, or file pages that are evicted and read ' +
        'again.',
    }),
    events('context_switches', {
      title: 'Context switches by node',
      shows: 'How often CPUs went from one task to another.',
      judge:
        'Depends on the load. A jump without more work tells of lock contention or of too many runnable threads.',
    }),
    events('migrations', {
      title: 'CPU migrations by node',
      shows: 'How often a task moved to another CPU, whose caches are cold for it.',
      judge:
        'Far fewer than context switches is good. Many: threads are spread over more CPUs than they are pinned to ' +
        'or need.',
    }),
  ];
}
