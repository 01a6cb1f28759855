import type { JsonObject } from './step.ts';

/** The copy that a mark names, as it stands now. */
export interface TracedCopy {
  orderId: string;
  jobId: string | null;
  lineNo: number;
  productId: string | null;
  /** The one that is handed out now; a copy of an earlier version has the same mark. */
  version: string | null;
  format: string;
  storedAt: Date;
  paidAt: Date | null;
  /** The order as its job recorded it. */
  order: JsonObject | null;
  /** Of the entitlement; null: there is none yet. */
  entitlement: string | null;
}

export interface CopyTraces {
  /** @param code of a hidden mark */
  find(code: string): Promise<TracedCopy | undefined>;
}
