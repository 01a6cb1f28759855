import { type Changed, membersOf } from './adminRun.ts';

/** The document of a change that was made: its output, and what proves it. */
export function changedDocument({ raw, auditSeq, repeated, requestId }: Changed<unknown>): object {
  return { ...membersOf(raw), requestId, auditSeq, repeated };
}
