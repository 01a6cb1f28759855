import type { PlainJson } from '../domain/canonicalJson.ts';
import type { Transaction } from './transaction.ts';

/** A change that somebody asked for, as it is told apart from every other. */
export interface OperationRequest {
  actor: string;
  /** Chosen by whoever asks, once per intention: the same again is the same request. */
  requestId: string;
  operation: string;
  /** Of the canonical input: the same id with another input is a mistake. */
  inputSha256: Uint8Array;
}

export type RequestStanding =
  /** Never seen; it is this transaction's to answer. */
  | { kind: 'new' }
  /** Done before: the same answer is given. */
  | { kind: 'answered'; outcome: PlainJson; auditSeq: number }
  /** Begun so long ago with an effect outside, and not answered: under way, or cut off. It is not done again. */
  | { kind: 'begun'; forMs: number }
  /** The id was used for something else. */
  | { kind: 'other' };

/** Remembers what was asked and answered, so that asking twice does it once. Kept for 30 days. */
export interface OperationRequests {
  /** Claims the id in this transaction; waits for whoever has the same id under way. */
  begin(tx: Transaction, request: OperationRequest): Promise<RequestStanding>;
  /** @param outcome ids, codes and counts; never a buyer's data */
  finish(
    tx: Transaction,
    request: OperationRequest,
    answer: { outcome: PlainJson; auditSeq: number },
  ): Promise<void>;
}
