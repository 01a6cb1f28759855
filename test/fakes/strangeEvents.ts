import type { TelemetryEvent } from '../../src/ports/telemetry.ts';
import { forTraces } from '../../src/telemetry/catalogue.ts';
import { shownFields } from '../../src/telemetry/logSink.ts';

const strange: string[] = [];
/** What traces alone are made from, and the name, which stands elsewhere. */
const unwritten: ReadonlySet<string> = new Set(['name', ...forTraces]);

/**
 * Notes an event that the log would not write as it is: with a field that the catalogue does not name, an object or a
 * sentence in the place of a code, or an address, a key or a token in a text. The test that has brought it about fails
 * (test/setup/eventsGuard.ts).
 */
export function watchEvent(event: TelemetryEvent): void {
  const shown = shownFields(event);
  for (const [field, value] of Object.entries(event))
    if (
      !unwritten.has(field) &&
      value !== undefined &&
      JSON.stringify(shown[field]) !== JSON.stringify(value)
    )
      strange.push(`${event.name}.${field} is written as ${JSON.stringify(shown[field]) ?? 'nothing'}`);
}

/** What was noted so far, which is forgotten by that. */
export const takeStrange = (): string[] => strange.splice(0);
