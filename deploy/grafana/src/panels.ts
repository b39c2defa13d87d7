// The kinds of panels, with what all have in common. What has no data stays empty and says where the reason is.
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { DATASOURCE } from './variables';

export const NO_DATA = 'no data: see Permission health';

export interface Query {
  expression: string;
  legend?: string;
}

export interface PanelSpec {
  title: string;
  /** The three paragraphs of the description. */
  shows: string;
  computed: string;
  judge: string;
  unit: string;
  queries: Query[];
  width: number;
  height?: number;
  min?: number;
  max?: number;
  /** [lower bound, colour], the first without a bound. */
  thresholds?: [number | null, string][];
  noData?: string;
}

/** What the builders of all kinds of panels share; the SDK has no common type for them. */
interface AnyPanel {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: common.DataSourceRef): this;
  unit(unit: string): this;
  min(min: number): this;
  max(max: number): this;
  noValue(noValue: string): this;
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): this;
  span(width: number): this;
  height(height: number): this;
  withTarget(target: Builder<Dataquery>): this;
}

export type Panel = Builder<dashboard.Panel>;
type When = 'over time' | 'now, as series' | 'now, as rows';

function target(query: Query, index: number, when: When): DataqueryBuilder {
  const builder = new DataqueryBuilder()
    .datasource(DATASOURCE)
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .expr(query.expression)
    .format(when === 'now, as rows' ? PromQueryFormat.Table : PromQueryFormat.TimeSeries);
  if (query.legend !== undefined) {
    builder.legendFormat(query.legend);
  }
  return when === 'over time' ? builder.range() : builder.instant();
}

function fill<P extends AnyPanel>(panel: P, spec: PanelSpec, when: When): P {
  panel
    .title(spec.title)
    .description([spec.shows, spec.computed, spec.judge].join('\n\n'))
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .noValue(spec.noData ?? NO_DATA)
    .span(spec.width)
    .height(spec.height ?? 8);
  spec.queries.forEach((query, index) => panel.withTarget(target(query, index, when)));
  if (spec.min !== undefined) {
    panel.min(spec.min);
  }
  if (spec.max !== undefined) {
    panel.max(spec.max);
  }
  if (spec.thresholds) {
    const steps = spec.thresholds.map(([value, color]) => ({ value, color }));
    panel.thresholds(new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps));
  }
  return panel;
}

/** Lines over time. A gap is a gap: nothing is drawn across it. */
export function lines(spec: PanelSpec): timeseries.PanelBuilder {
  const panel = fill(new timeseries.PanelBuilder(), spec, 'over time')
    .lineWidth(1)
    .fillOpacity(5)
    .showPoints(common.VisibilityMode.Auto)
    .spanNulls(false)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (spec.thresholds) {
    panel.thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
    );
  }
  return panel;
}

/** A value of this moment, never an older one that would pass for it. */
export function value(spec: PanelSpec): stat.PanelBuilder {
  return fill(new stat.PanelBuilder(), { height: 4, ...spec }, 'now, as series')
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(common.BigValueTextMode.Auto)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false));
}

/**
 * A cell for each series and moment, coloured from `min` to `max`. The colours do not judge: Grafana turns those from
 * red to green around, and low would be green.
 */
export function cells(spec: PanelSpec, rowLabel: string): heatmap.PanelBuilder {
  const colours = new heatmap.HeatmapColorOptionsBuilder()
    .mode(heatmap.HeatmapColorMode.Scheme)
    .scheme('Viridis')
    .reverse(false)
    .steps(64)
    .min(spec.min ?? 0);
  if (spec.max !== undefined) {
    colours.max(spec.max);
  }
  return fill(new heatmap.PanelBuilder(), spec, 'over time')
    .calculate(false)
    .color(colours)
    .cellValues(new heatmap.CellValuesBuilder().unit(spec.unit).decimals(2))
    .yAxis(new heatmap.YAxisConfigBuilder().axisLabel(rowLabel).axisPlacement(common.AxisPlacement.Left))
    .showLegend()
    .tooltip(new heatmap.HeatmapTooltipBuilder().mode(common.TooltipDisplayMode.Single).showColorScale(true));
}

export interface Columns {
  /** Columns in their order, by the label or value that they show: their headings. */
  headings: Record<string, string>;
  sortBy?: { column: string; descending: boolean };
}

/** A row for each series of this moment; several queries are joined by their labels. */
export function rows(spec: PanelSpec, columns: Columns): table.PanelBuilder {
  const names = Object.keys(columns.headings);
  const panel = fill(new table.PanelBuilder(), spec, 'now, as rows')
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: Object.fromEntries(
          ['Time', 'Value'].filter((name) => !names.includes(name)).map((name) => [name, true]),
        ),
        indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
        renameByName: columns.headings,
      },
    })
    .filterable(true);
  if (columns.sortBy) {
    const { column, descending } = columns.sortBy;
    panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(column).desc(descending)]);
  }
  return panel;
}

/** Words in colours for the values of a table's column or of a field. */
export function words(texts: Record<string, [text: string, color: string]>): dashboard.ValueMapping {
  const options = Object.fromEntries(
    Object.entries(texts).map(([value, [text, color]], index) => [value, { text, color, index }]),
  );
  return { type: dashboard.MappingType.ValueToText, options };
}

/** The properties of a table's column that shows coloured words. */
export function colouredWords(mapping: dashboard.ValueMapping): dashboard.DynamicConfigValue[] {
  return [
    { id: 'mappings', value: [mapping] },
    { id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.ColorText } },
  ];
}
