import { watchEvent } from './strangeEvents.ts';
import type { Telemetry, TelemetryEvent } from '../../src/ports/telemetry.ts';

export interface RecordingTelemetry extends Telemetry {
  readonly events: TelemetryEvent[];
  /** Events of one name, in order. */
  of<Name extends TelemetryEvent['name']>(name: Name): Array<Extract<TelemetryEvent, { name: Name }>>;
}

/** Telemetry that remembers what it was told. */
export function createRecordingTelemetry(): RecordingTelemetry {
  const events: TelemetryEvent[] = [];
  return {
    events,
    emit(event) {
      watchEvent(event);
      events.push(event);
    },
    of: <Name extends TelemetryEvent['name']>(name: Name) =>
      events.filter((event): event is Extract<TelemetryEvent, { name: Name }> => event.name === name),
  };
}
