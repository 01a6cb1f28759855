import { Fault, toFault } from '../domain/fault.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { unexpectedError } from './unexpectedError.ts';

/** A fault, whatever was thrown; what no adapter has classified is a bug of ours and is told as one. */
export function faultOf(thrown: unknown, during: string, telemetry: Telemetry): Fault {
  const fault = toFault(thrown);
  if (fault.reason === 'unexpected_error') telemetry.emit(unexpectedError(thrown, during));
  return fault;
}

/** The same fault of something that may have happened: it is asked about before it is repeated. */
export const asUnknown = ({ reason, message }: Fault): Fault =>
  new Fault({ kind: 'unknown_effect', reason, message });
