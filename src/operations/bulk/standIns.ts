import type { BulkCandidate } from '../../ports/bulk.ts';
import type { BuyerControl } from '../../ports/buyerControl.ts';
import type { JobControl } from '../../ports/jobControl.ts';

export interface StandIns {
  jobs: JobControl;
  buyers: BuyerControl;
  /** How many jobs of their own were wished for: each sends a mail. */
  wanted(): number;
}

/**
 * Stores that know one job as it was read and write nothing. An operation over them decides by what it was given alone,
 * so a plan refuses by the operation's own rules and in its own words.
 */
export function createStandIns(candidate: BulkCandidate): StandIns {
  const { job } = candidate;
  let wanted = 0;
  return {
    wanted: () => wanted,
    jobs: {
      lock: async (_tx, jobId) => (jobId === job.jobId ? job : undefined),
      since: async () => [],
      decide: async () => job.version + 1,
      want: async () => {
        wanted += 1;
        return { jobId: job.jobId, isNew: true };
      },
    },
    buyers: {
      hasReceipt: async () => candidate.hasReceipt,
      askedMails: async () => candidate.askedMails,
      ownedLines: async () => candidate.ownedLines,
      endLinks: async () => candidate.extendableLinks,
      resetDownloads: async () => candidate.extendableLinks,
      extendLinks: async () => ({ links: candidate.extendableLinks, until: job.now }),
      idleAskedMails: notInBulk,
      unlinkedLines: notInBulk,
      mailsOf: notInBulk,
      correctedEmail: notInBulk,
      correctEmail: notInBulk,
      revokedLines: notInBulk,
      setRevokedLines: notInBulk,
      ensureOwner: notInBulk,
      moveEntitlements: notInBulk,
    },
  };
}

/** An action that needs this cannot be judged by what is read of a candidate yet. */
async function notInBulk(): Promise<never> {
  throw new Error('No action on many orders was known to ask for this.');
}
