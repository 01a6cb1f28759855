import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  type MetricName,
  metricRegistry,
} from '../metricRegistry.ts';
import { type LabelValues, type MetricDefinition, openSeriesMax, otherValue } from './definition.ts';

/** Lists of label values that the configuration closes. */
export interface KnownValues {
  steps: readonly string[];
  providers: readonly string[];
  /** Where evidence of mails comes from. */
  sources: readonly string[];
  version: string;
}

/** Where in which trace something happened: shown beside a value as its exemplar. */
export interface TracePlace {
  traceId: string;
  spanId: string;
}

export interface Instruments {
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: number, place?: TracePlace): void;
  observe<Name extends HistogramName>(
    name: Name,
    labels: LabelsOf<Name>,
    value: number,
    place?: TracePlace,
  ): void;
  show<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /** Every series of a gauge to 0, those that were shown for a value that is not in its lists too. */
  clear(name: GaugeName): void;
}

type Labels = Record<string, string>;

/** Every metric of the registry with all series that can be known from the start: one born late is not seen. */
export function createInstruments(registry: Registry, known: KnownValues): Instruments {
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const bounded = boundLabels(known);

  for (const [name, definition] of Object.entries<MetricDefinition>(metricRegistry)) {
    const common = {
      name,
      help: definition.help,
      labelNames: Object.keys(definition.labels),
      registers: [registry],
    };
    const series = seriesOf(definition, known);
    if (definition.type === 'counter') {
      const counter = new Counter({ ...common, enableExemplars: true });
      for (const labels of series) counter.inc({ labels, value: 0 });
      counters.set(name, counter);
    } else if (definition.type === 'histogram') {
      const histogram = new Histogram({
        ...common,
        buckets: [...(definition.buckets ?? [])],
        enableExemplars: true,
      });
      for (const labels of series) histogram.zero(labels);
      histograms.set(name, histogram);
    } else {
      const gauge = new Gauge(common);
      for (const labels of series) gauge.set(labels, 0);
      gauges.set(name, gauge);
    }
  }

  return {
    count(name, labels, by = 1, place) {
      counters.get(name)?.inc({ labels: bounded(name, labels), value: by, ...exemplarOf(place) });
    },
    observe(name, labels, value, place) {
      histograms.get(name)?.observe({ labels: bounded(name, labels), value, ...exemplarOf(place) });
    },
    show(name, labels, value) {
      gauges.get(name)?.set(bounded(name, labels), value);
    },
    clear(name) {
      const gauge = gauges.get(name);
      gauge?.reset();
      for (const labels of seriesOf(metricRegistry[name], known)) gauge?.set(labels, 0);
    },
  };
}

const exemplarOf = (place: TracePlace | undefined) =>
  place && { exemplarLabels: { trace_id: place.traceId, span_id: place.spanId } };

/** What labels may say. Steps, providers and reasons come from plans and adapters of others, too: they end in `other`. */
function boundLabels(known: KnownValues) {
  const bounds = new Map(
    Object.entries<MetricDefinition>(metricRegistry).map(([name, definition]) => [
      name,
      boundOf(definition, known),
    ]),
  );
  return (name: MetricName, labels: Labels): Labels => bounds.get(name)?.(labels) ?? labels;
}

/** Looked up at every event: what is as it should be is handed on as it is. */
function boundOf(definition: MetricDefinition, known: KnownValues): (labels: Labels) => Labels {
  const lists: Array<[string, ReadonlySet<string>]> = [];
  const open: string[] = [];
  for (const [label, values] of Object.entries(definition.labels)) {
    if (values === 'open') open.push(label);
    else lists.push([label, new Set(listOf(values, known))]);
  }
  const told = new Set<string>();
  const hasRoom = (labels: Labels): boolean => {
    const key = Object.values(labels).join(' ');
    if (told.has(key) || commonReasons.includes(labels['reason'] ?? '')) return true;
    if (told.size >= openSeriesMax) return false;
    told.add(key);
    return true;
  };
  return (labels) => {
    let bounded = labels;
    for (const [label, list] of lists)
      if (!list.has(labels[label] ?? '')) bounded = { ...bounded, [label]: otherValue };
    if (open.length === 0 || hasRoom(bounded)) return bounded;
    return { ...bounded, ...Object.fromEntries(open.map((label) => [label, otherValue])) };
  };
}

function listOf(values: Exclude<LabelValues, 'open'>, known: KnownValues): readonly string[] {
  if (values === 'version') return [known.version];
  if (values === 'steps_or_none') return [...known.steps, 'none'];
  return typeof values === 'string' ? known[values] : values;
}

/** What a failed job's reason often is; the others are told apart as they come. */
const commonReasons = ['timeout', 'unexpected_error', 'crash_loop'];

/** All combinations of a metric's label values. Kinds of jobs and of evidence are not known beforehand. */
function seriesOf(definition: MetricDefinition, known: KnownValues): Labels[] {
  let series: Labels[] = [{}];
  for (const [label, values] of Object.entries(definition.labels)) {
    const list = values === 'open' ? (label === 'reason' ? commonReasons : []) : listOf(values, known);
    series = series.flatMap((labels) => list.map((value) => ({ ...labels, [label]: value })));
  }
  return series;
}
