// PromQL in building blocks. What is not counted has no series, and nothing here puts a 0 in its place.

/** What the dashboard's variables choose. */
export const TARGETS = 'job=~"$job", instance=~"$instance"';
/** The one machine whose CPUs are looked at singly. */
export const ONE_TARGET = 'job=~"$job", instance="$cpu_instance"';
/** A node is a target; `node` is there where the scrape configuration names it, as the chart's monitors do. */
export const NODE = ['job', 'instance', 'node'] as const;
/** The legend for `NODE`. */
export const NODE_NAME = '{{node}} {{instance}}';

const RANGE = '[$__rate_interval]';

/** A family of the exporter, of the chosen targets. */
export function family(name: string, ...matchers: string[]): string {
  return `${name}{${[TARGETS, ...matchers].join(', ')}}`;
}

/**
 * The rate of an event, for each of what it is counted on: CPUs, or the packages or nodes that `--aggregate` sums
 * them up to. An exporter has one of the three.
 */
export function rate(event: string): string {
  return `rate({__name__=~"perf_(cpu|package|node)_${event}_total", ${TARGETS}}${RANGE})`;
}

/** The sum of everything, where no labels are named. */
export function sumBy(labels: readonly string[], expression: string): string {
  return labels.length > 0 ? `sum by (${labels.join(', ')}) (${expression})` : `sum(${expression})`;
}

/**
 * Two events of one group divided. Both sums are over just what has both, so that a CPU on which one of the two is
 * not counted does not bend the ratio.
 */
export function ratio(over: string, under: string, labels: readonly string[]): string {
  const both = (one: string, other: string) => sumBy(labels, `${rate(one)} and ${rate(other)}`);
  return `${both(over, under)} / ${both(under, over)}`;
}

/** The same for each core PMU: on hybrid machines P and E cores apart. */
export function ratioByPmu(over: string, under: string): string {
  const cpuRate = (event: string) => `rate(${family(`perf_cpu_${event}_total`)}${RANGE})`;
  const pmu = `on (job, instance, cpu) group_left (pmu) ${family('perf_cpu_info')}`;
  const both = (one: string, other: string) =>
    sumBy([...NODE, 'pmu'], `(${cpuRate(one)} and ${cpuRate(other)}) * ${pmu}`);
  return `${both(over, under)} / ${both(under, over)}`;
}

/** Two events divided for each CPU of one machine. */
export function ratioByCpu(over: string, under: string): string {
  const cpuRate = (event: string) => `rate(perf_cpu_${event}_total{${ONE_TARGET}}${RANGE})`;
  return `${cpuRate(over)} / ${cpuRate(under)}`;
}

/** The share of the time for which groups of events had their counters. */
export function countingShare(labels: readonly string[]): string {
  return `${sumBy(labels, rate('group_running_seconds'))} / ${sumBy(labels, rate('group_enabled_seconds'))}`;
}

/** A family of the process or the scrape, of exporters alone: a job may hold other targets too. */
export function ofExporters(expression: string): string {
  return `${expression} and on (job, instance) ${family('perf_exporter_build_info')}`;
}

/** How often a total of the exporter itself went up. */
export function increase(name: string): string {
  return `increase(${family(name)}${RANGE})`;
}

/** The rate of a total of the exporter's process. */
export function processRate(name: string): string {
  return ofExporters(`rate(${family(name)}${RANGE})`);
}

/** `up` of the targets that were exporters at any time of the range shown, so that those that are gone count too. */
export function upOfExporters(): string {
  return `${family('up')} and on (job, instance) present_over_time(${family('perf_exporter_build_info')}[$__range])`;
}
