import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import type { DashboardSpec, PanelSpec, Target } from './panel.ts';

const source = { type: 'prometheus', uid: '${datasource}' };
const columns = 24;
const heights = { number: 4, time: 8 } as const;

/** The two addresses that every installation has its own of: variables of the dashboard, used in its links. */
const addresses = [
  ['runbook', 'https://git.books.example/fulfillment/blob/main/docs/runbooks/ebooks-fulfillment.md'],
  ['console', 'https://books.example/ops'],
] as const;

/** A dashboard as Grafana reads it from a file. */
export function buildDashboard(spec: DashboardSpec): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags(['fulfillment'])
    .timezone('browser')
    .readonly()
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(
      new dashboard.DashboardLinkBuilder('Fulfillment')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags(['fulfillment'])
        .keepTime(true)
        .includeVars(true),
    )
    .link(
      new dashboard.DashboardLinkBuilder('Console').type(dashboard.DashboardLinkType.Link).url('${console}'),
    );
  addVariables(builder, spec);
  addRows(builder, spec);
  return builder.build();
}

function addVariables(builder: dashboard.DashboardBuilder, { choices = [] }: DashboardSpec): void {
  builder.withVariable(
    new dashboard.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
  );
  for (const { name, label, from } of choices)
    builder.withVariable(
      new dashboard.QueryVariableBuilder(name)
        .label(label)
        .datasource(source)
        .query({ query: `label_values(${from}, ${name})`, refId: name })
        .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current({ selected: true, text: ['All'], value: ['$__all'] }),
    );
  for (const [name, value] of addresses)
    builder.withVariable(
      new dashboard.ConstantVariableBuilder(name).value(value).description('Put your own here.'),
    );
}

/** Panels from left to right, with a new line where the next one has no room; ids by their order. */
function addRows(builder: dashboard.DashboardBuilder, { rows }: DashboardSpec): void {
  let id = 0;
  let y = 0;
  for (const { title, panels } of rows) {
    builder.withRow(new dashboard.RowBuilder(title).id(++id).gridPos({ h: 1, w: columns, x: 0, y }));
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const panel of panels) {
      if (x + panel.width > columns) {
        y += lineHeight;
        x = 0;
        lineHeight = 0;
      }
      const h = heights[panel.kind];
      builder.withPanel(buildPanel(panel).id(++id).gridPos({ h, w: panel.width, x, y }));
      x += panel.width;
      lineHeight = Math.max(lineHeight, h);
    }
    y += lineHeight;
  }
}

function buildPanel(panel: PanelSpec) {
  const builder = panel.kind === 'time' ? timePanel(panel) : numberPanel();
  builder
    .title(panel.title)
    .description(panel.description)
    .datasource(source)
    .unit(panel.unit)
    .thresholds(thresholdsOf(panel))
    .links([
      new dashboard.DashboardLinkBuilder('What to do')
        .type(dashboard.DashboardLinkType.Link)
        .url(`\${runbook}#${panel.rule}`)
        .targetBlank(true),
    ])
    .targets(panel.targets.map((target, place) => queryOf(target, place, panel.kind === 'number')));
  if (panel.none !== undefined) builder.noValue(panel.none);
  return builder;
}

function timePanel({ thresholds }: PanelSpec): timeseries.PanelBuilder {
  const builder = new timeseries.PanelBuilder()
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    );
  if (!thresholds) return builder;
  return builder.thresholdsStyle(
    new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
  );
}

const numberPanel = (): stat.PanelBuilder =>
  new stat.PanelBuilder()
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));

const thresholdsOf = ({ thresholds = [], below = 'green' }: PanelSpec) =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([{ value: null, color: below }, ...thresholds.map(([value, color]) => ({ value, color }))]);

function queryOf({ expr, legend }: Target, place: number, instant: boolean): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .datasource(source)
    .expr(expr)
    .legendFormat(legend)
    .refId(String.fromCodePoint('A'.codePointAt(0)! + place));
  return instant ? query.instant() : query.range();
}
