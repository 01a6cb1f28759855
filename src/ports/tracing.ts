import type { TelemetryEvent } from './telemetry.ts';

/** A request from outside that may bring work. */
export interface ReceivedTrace {
  /** W3C `traceparent` that is kept with the work it makes; undefined: none. */
  traceparent: string | undefined;
  /** @param brought whether it has made work; `failed`: it could not be answered as it should */
  end(told: { outcome: string; failed: boolean; brought: boolean }): void;
}

/** Traces, where they are wanted. The inside tells facts; what becomes a span, and how it is called, is decided behind. */
export interface Tracing {
  /**
   * @param name as `POST /webhooks/stripe`
   * @param incoming `traceparent` of the request where it is well-formed
   */
  receive(name: string, incoming: string | undefined): ReceivedTrace;
  /** Takes in what a process tells of itself. */
  observe(event: TelemetryEvent): void;
  /** Where in which trace an event belongs; undefined where it belongs to none that is recorded. */
  placeOf(event: TelemetryEvent): { traceId: string; spanId: string } | undefined;
  /** Sends what is left, for a few seconds at most. */
  stop(): Promise<void>;
}

/** Traces are not wanted: what came in is kept for whoever wants them later. */
export const noTracing: Tracing = {
  receive: (_name, incoming) => ({ traceparent: incoming, end: () => undefined }),
  observe: () => undefined,
  placeOf: () => undefined,
  stop: async () => undefined,
};
