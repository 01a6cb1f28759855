import { z } from 'zod';
import { auditChannels, auditResults } from '../../domain/auditChain.ts';
import { type AuditFilter, auditTextMax } from '../../ports/audit.ts';
import { momentInput } from './momentInput.ts';

const text = (max: number, what: string) => z.string().min(1).max(max).optional().describe(what);

/** What a list or an export of the audit may be narrowed to; all of it must hold. */
export const auditFilterInput = {
  actor: text(auditTextMax.actor, 'Only what this person did: the identity provider’s subject.'),
  action: text(auditTextMax.action, 'Only this action, for example job:retry.'),
  target: text(auditTextMax.targetId, 'Only what was done to this: a job, a provider, an event, by its id.'),
  targetKind: text(auditTextMax.targetKind, 'With a target: the kind of thing it is, for example job.'),
  result: z.enum(auditResults).optional().describe('Only what ended like this.'),
  channel: z.enum(auditChannels).optional().describe('Only what came in this way.'),
  requestId: text(auditTextMax.requestId, 'Only this request.'),
  bulkRunId: z.uuid().optional().describe('Only what this bulk run did.'),
};

export const auditTimes = {
  since: momentInput('Written at this time or later'),
  until: momentInput('Written before this time'),
};

const filterShape = z.object(auditFilterInput);

/** The filter without its times. */
export function auditFilterOf(input: z.infer<typeof filterShape>): AuditFilter {
  const { target, targetKind, actor, action, result, channel, requestId, bulkRunId } = input;
  return {
    ...(target === undefined
      ? {}
      : { target: { id: target, ...(targetKind === undefined ? {} : { kind: targetKind }) } }),
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(result === undefined ? {} : { result }),
    ...(channel === undefined ? {} : { channel }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(bulkRunId === undefined ? {} : { bulkRunId }),
  };
}
