// Why data is missing: the findings of the permission probe, and the facts behind them.
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { colouredWords, type Panel, rows, words } from '../panels';
import { family } from '../queries';

/** The exporter's own page, which has the evidence and the fix; it opens where the browser reaches the exporter. */
const PROBE_LINK: DynamicConfigValue[] = [
  {
    id: 'links',
    value: [{ title: 'Evidence and fix: its page /probe', url: 'http://${__value.raw}/probe', targetBlank: true }],
  },
];

const SEVERITY = words({
  fail: ['fail', 'red'],
  unknown: ['unknown', 'purple'],
  warn: ['warn', 'orange'],
});

function findings(): Panel {
  const found = family('perf_exporter_finding', 'severity!="ok"');
  return rows(
    {
      title: 'Why data is missing',
      shows: 'What the permission probe and the opening of events have found on each exporter.',
      computed: '`perf_exporter_finding` as it is now, without what is in order.',
      judge:
        '`fail`: something wanted is refused. `warn`: less is counted than was asked for, for example without a PMU. ' +
        'Each finding has its cause and its fix in docs/permissions.md, under the heading of its name; a click on ' +
        'the instance opens the exporter\'s own page with the evidence and the fix for its place.',
      unit: units.Short,
      queries: [{ expression: `max by (instance, node, finding, severity) (${found})` }],
      width: 12,
      height: 9,
      noData: 'no finding: nothing is refused, or no exporter is scraped (see Exporters)',
    },
    {
      headings: { severity: 'Severity', finding: 'Finding', node: 'Node', instance: 'Instance' },
      sortBy: { column: 'Severity', descending: false },
    },
  )
    .overrideByName('Severity', colouredWords(SEVERITY))
    .overrideByName('Instance', PROBE_LINK);
}

const YES_IS_GOOD = words({ 0: ['no', 'orange'], 1: ['yes', 'green'] });
const PLAIN = words({ 0: ['no', 'text'], 1: ['yes', 'text'] });
const SECCOMP = words({ 0: ['off', 'text'], 1: ['strict', 'red'], 2: ['filter', 'text'] });

function facts(): Panel {
  const capability = (set: string) => family('perf_exporter_capability', 'capability="PERFMON"', `set="${set}"`);
  const now = (selector: string) => ({ expression: `max by (instance, node) (${selector})` });
  return rows(
    {
      title: 'Permissions of each exporter',
      shows: 'The facts that decide whether the kernel lets an exporter count.',
      computed: 'The metrics of the probe, as they stood for the opens. A fact that could not be read is empty.',
      judge:
        'Good is CAP_PERFMON in use and in the bounding set, and the initial user namespace. From a paranoid level ' +
        'above 2 on, Debian\'s and some of Ubuntu\'s kernels refuse CAP_PERFMON; at 0 and below it is not needed.',
      unit: units.Short,
      queries: [
        now(capability('effective')),
        now(capability('bounding')),
        now(family('perf_exporter_perf_event_paranoid')),
        now(family('perf_exporter_initial_user_namespace')),
        now(family('perf_exporter_no_new_privs')),
        now(family('perf_exporter_seccomp_mode')),
      ],
      width: 12,
      height: 9,
    },
    {
      headings: {
        node: 'Node',
        instance: 'Instance',
        'Value #A': 'PERFMON in use',
        'Value #B': 'PERFMON in bounding set',
        'Value #C': 'perf_event_paranoid',
        'Value #D': 'Initial user namespace',
        'Value #E': 'no_new_privs',
        'Value #F': 'seccomp',
      },
      sortBy: { column: 'PERFMON in use', descending: false },
    },
  )
    .overrideByName('Instance', PROBE_LINK)
    .overrideByRegexp('/PERFMON|Initial/', colouredWords(YES_IS_GOOD))
    .overrideByName('no_new_privs', colouredWords(PLAIN))
    .overrideByName('seccomp', colouredWords(SECCOMP));
}

export function permissions(): Panel[] {
  return [findings(), facts()];
}
