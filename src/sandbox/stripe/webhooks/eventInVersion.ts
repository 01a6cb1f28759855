import { apiVersion } from '../objects/events.ts';
import type { EventBody } from '../objects/shapes.ts';
import { inVersion } from '../wire/versions.ts';

/** An event as an endpoint of that version gets it. One that was made with a version of its own stays as it is. */
export function eventInVersion(event: EventBody, version: string): EventBody {
  if (event.api_version !== apiVersion || version === apiVersion) return event;
  return { ...event, api_version: version, data: inVersion(event.data, version) as EventBody['data'] };
}
