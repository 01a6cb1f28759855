import { z } from 'zod';
import type { JobControl } from '../../ports/jobControl.ts';
import type { Repair, RepairOutcome } from '../../ports/storageScrub.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { ChangeOperation } from '../frame/operation.ts';

const input = z.strictObject({
  key: z.string().max(600).describe('Of the file in the store'),
  kind: z.enum(['copy', 'receipt', 'master', 'shared_body', 'recipe']).describe('What file it is'),
  lineNo: z.int().nullable().describe('Of the order; null for what is no copy'),
  format: z.enum(['pdf', 'epub']).describe('Of the file'),
  jobId: z.uuid().nullable().describe('Whose timeline tells of it; null for files of the catalogue'),
  productId: z.string().nullable().describe('Of the catalogue'),
  sha256: z.string().describe('What the file has to be'),
  foundSha256: z.string().nullable().describe('What was found; null: nothing'),
  with: z.enum(['made_again', 'nothing']).describe('What is put there'),
});
export type RepairInput = z.infer<typeof input>;

export interface RepairFileOptions {
  jobs: Pick<JobControl, 'lock' | 'decide'>;
  /** Carries out the repair that was asked for just now. @throws Fault */
  put(key: string): Promise<RepairOutcome>;
}

interface Output {
  outcome: RepairOutcome;
}

/** Puts one file in its place again: begun in the audit before anything is touched, and told in its order's timeline. */
export function createRepairFile({
  jobs,
  put,
}: RepairFileOptions): ChangeOperation<RepairInput, Output, RepairOutcome> {
  return {
    kind: 'change',
    name: 'storage:repair',
    permission: 'storage:scrub',
    summary: 'Put a stored file in its place again',
    path: '/storage/repair',
    reason: 'optional',
    input,
    output: z.strictObject({ outcome: z.enum(['done', 'others_came_first']) }),
    target: ({ jobId, productId, key }) =>
      jobId === null ? { kind: 'catalog', id: productId ?? key } : { kind: 'job', id: jobId },
    outside: {
      lastsMaxMs: 3_600_000,
      begin: async (_tx, { key, kind, sha256, foundSha256, with: made }) => ({
        after: { key, kind, sha256, foundSha256, with: made },
        carryOut: () => put(key),
      }),
    },
    async change(tx, given, by, outcome) {
      if (!outcome) throw new TypeError('The repair was not begun.');
      if (outcome === 'done') await tellTimeline(tx, given, by.actor);
      const { key, kind, sha256, foundSha256 } = given;
      return {
        output: { outcome },
        before: { key, sha256: foundSha256 },
        after: { key, kind, sha256, outcome },
      };
    },
  };

  async function tellTimeline(tx: Transaction, given: RepairInput, actor: string): Promise<void> {
    const job = given.jobId === null ? undefined : await jobs.lock(tx, given.jobId);
    if (!job) return;
    const { kind, lineNo, format, foundSha256 } = given;
    const data = { file: kind, line: lineNo, format, found: foundSha256 === null ? 'missing' : 'damaged' };
    await jobs.decide(tx, job, { due: 'keep', event: { kind: 'file.repaired', step: null, data }, actor });
  }
}

/** What is asked for one repair. */
export const repairInput = ({ file, found, with: made }: Repair): RepairInput => ({
  key: file.key,
  kind: file.kind,
  lineNo: file.kind === 'copy' ? file.lineNo : null,
  format: file.format,
  jobId: 'jobId' in file ? file.jobId : null,
  productId: file.productId,
  sha256: file.sha256,
  foundSha256: found?.sha256 ?? null,
  with: made ? 'made_again' : 'nothing',
});
