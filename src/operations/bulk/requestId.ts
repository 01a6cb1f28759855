import type { BulkRequestId } from '../../ports/bulk.ts';

/** One wish for each item: asked again after a crash, it is answered and not done a second time. */
export const requestIdOf: BulkRequestId = (runId, ordinal) => `bulk:${runId}:${ordinal}`;
