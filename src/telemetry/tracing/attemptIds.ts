import { createHash } from 'node:crypto';
import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { IdGenerator } from '@opentelemetry/sdk-trace-base';
import { RandomIdGenerator } from '@opentelemetry/sdk-trace-base';

const traceparentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** What a W3C `traceparent` names, version 00; undefined where it is not well-formed. All zeros is none. */
export function contextOf(traceparent: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceparentForm.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId))
    return undefined;
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags ?? '0', 16) & TraceFlags.SAMPLED,
    isRemote: true,
  };
}

export const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext) =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;

/**
 * The ids of an attempt follow from its job and lease token: whoever comes after knows those of the attempt before
 * without their being written down anywhere. Uniform, so that sampling by trace id is fair.
 */
export function attemptIds(jobId: string, token: string): { traceId: string; spanId: string } {
  const hash = createHash('sha256').update(`${jobId}:${token}`).digest('hex');
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

/** Gives the ids it was told to give next, and otherwise random ones. */
export class ChosenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: { traceId?: string; spanId?: string } = {};

  /** For the span that is started within `start`. */
  with<Result>(ids: { traceId: string; spanId: string }, start: () => Result): Result {
    this.#next = { ...ids };
    try {
      return start();
    } finally {
      this.#next = {};
    }
  }

  generateTraceId = (): string => this.#take('traceId') ?? this.#random.generateTraceId();
  generateSpanId = (): string => this.#take('spanId') ?? this.#random.generateSpanId();

  #take(which: 'traceId' | 'spanId'): string | undefined {
    const { [which]: id } = this.#next;
    delete this.#next[which];
    return id;
  }
}
