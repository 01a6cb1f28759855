import { createRequire } from 'node:module';
import type { DestinationStream } from 'pino';
import pino from 'pino';
import type PinoPretty from 'pino-pretty';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { catalogue, levelOf, type EventName, type LogLevel } from './catalogue.ts';
import { leftOut, written, type FieldForm } from './fields.ts';

export type { LogLevel } from './catalogue.ts';

/** Where in a trace an event happened; in the lower-case hexadecimal of W3C Trace Context. */
export interface PlaceInTrace {
  traceId: string;
  spanId: string;
}

export interface LogSinkOptions {
  level: LogLevel;
  /** Default: standard output. */
  file?: string;
  /** For people to read, instead of one line of JSON per event. A file is always JSON. */
  pretty?: { colours: boolean } | undefined;
  /** Lines of events that belong to a trace say where. */
  placeOf?: (event: TelemetryEvent) => PlaceInTrace | undefined;
}

/**
 * What must not be written whatever has become of the catalogue: whoever adds a field of such a name to it is told by
 * the line that it is not there.
 */
const neverWritten = [
  ...['email', 'address', 'to', 'name', 'phone', 'ip', 'url', 'body', 'headers', 'payload', 'message'],
  ...['authorization', 'cookie', 'password', 'secret', 'token', 'key', 'traceContext'],
];

/** The fields of each event in the order of the catalogue, found once. */
const formsOf = new Map<string, ReadonlyArray<readonly [string, FieldForm]>>(
  Object.entries(catalogue).map(([name, { fields }]) => [
    name,
    Object.entries(fields).map(([field, { form }]) => [field, form] as const),
  ]),
);

/** One line per event, its name in `event`. Only what the catalogue names is written, in the form that it names. */
export function createLogSink(options: LogSinkOptions): (event: TelemetryEvent) => void {
  const logger = pino(
    {
      level: options.level,
      base: { service: 'fulfillment-orchestrator' },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'event',
      redact: { paths: neverWritten, censor: leftOut },
    },
    destinationOf(options),
  );
  return (event) => {
    // A fact that is not in the catalogue cannot be compiled; one that comes all the same has no line.
    if (!formsOf.has(event.name)) return;
    const level = levelOf(event);
    if (!logger.isLevelEnabled(level)) return;
    logger[level]({ ...shownFields(event), ...placeFields(options.placeOf?.(event)) }, event.name);
  };
}

/** The fields of an event as they are written. */
export function shownFields(event: { name: EventName }): Record<string, unknown> {
  const values = event as Readonly<Record<string, unknown>>;
  const shown: Record<string, unknown> = {};
  for (const [field, form] of formsOf.get(event.name) ?? []) {
    const value = values[field];
    if (value !== undefined) shown[field] = written(form, value);
  }
  return shown;
}

function placeFields(place: PlaceInTrace | undefined): Record<string, string> {
  if (!place || !/^[0-9a-f]{32}$/.test(place.traceId) || !/^[0-9a-f]{16}$/.test(place.spanId)) return {};
  return { trace_id: place.traceId, span_id: place.spanId };
}

function destinationOf({ file, pretty }: LogSinkOptions): DestinationStream {
  if (pretty && file === undefined) return prettyOutput(pretty.colours);
  const destination = pino.destination(file === undefined ? 1 : { dest: file, mkdir: true });
  // A disk that is full costs us the log, not the shop.
  destination.on('error', () => undefined);
  return destination;
}

/** Loaded only where somebody looks on. */
function prettyOutput(colorize: boolean): DestinationStream {
  const build = createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty;
  const output = build({
    colorize,
    messageKey: 'event',
    ignore: 'service',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    destination: 1,
    sync: true,
  });
  output.on('error', () => undefined);
  return output;
}
