import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { AuditAnchor, AuditAnchorPoint, AuditLog } from '../../ports/audit.ts';
import { verifyChain } from '../audit/verifyAudit.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';

export interface VerifyTrailOptions {
  log: Pick<AuditLog, 'readChainAlone'>;
  /** Where head hashes are kept outside of the database; null where nowhere. */
  anchor: Pick<AuditAnchor, 'list'> | null;
}

/** Findings that are told one by one; how many there are is told in any case. */
const findingsMax = 100;

const input = z.strictObject({});
const count = z.int().nonnegative();
const output = z.strictObject({
  ok: z.boolean().describe('The log is as it was written, and agrees with what was kept outside.'),
  summary: z.string(),
  rows: count,
  verified: z
    .strictObject({
      fromSeq: z.int(),
      toSeq: z.int(),
      from: z.string().nullable(),
      to: z.string().nullable(),
    })
    .nullable(),
  prunedTo: count.describe('The last row that was pruned; 0 when none was.'),
  anchors: z.strictObject({ agreeing: count, differing: count, unchecked: count }),
  anchorTrouble: z.string().nullable().describe('Why what was kept outside could not be read.'),
  problems: count.describe('Rows in which something is wrong.'),
  findingCount: count,
  findings: z.array(z.strictObject({ kind: z.string(), seq: z.int(), toSeq: z.int(), sentence: z.string() })),
});

type Verdict = z.infer<typeof output>;

/**
 * Reads the whole chain, and says what was done to it since it was written. Once at a time: whoever asks while it is
 * being read in this process gets the same verdict, and where another process reads it, is told to wait.
 */
export function createVerifyTrail(
  options: VerifyTrailOptions,
): ReadOperation<z.infer<typeof input>, Verdict> {
  let underWay: Promise<Verdict> | undefined;
  return {
    kind: 'read',
    name: 'audit:verify',
    permission: 'audit:verify',
    summary: 'Check that no row of the audit was changed, removed, put in or moved',
    path: '/audit/verify',
    input,
    output,
    read() {
      underWay ??= verify(options).finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}

async function verify({ log, anchor }: VerifyTrailOptions): Promise<Verdict> {
  const { anchors, trouble } = await readAnchors(anchor);
  const reading = await log.readChainAlone((chain) => verifyChain(chain, { anchors }));
  if (!reading.alone) throw beingRead();
  const { summary, verified, findings, ...figures } = reading.value;
  return {
    ...figures,
    // What could not be compared is not known to be right.
    ok: figures.ok && trouble === null,
    summary:
      trouble === null
        ? summary
        : `${summary} What was kept outside of the database could not be read (${trouble}).`,
    verified: verified && { ...verified, from: timeText(verified.from), to: timeText(verified.to) },
    anchorTrouble: trouble,
    findingCount: findings.length,
    findings: findings
      .slice(0, findingsMax)
      .map(({ kind, seq, toSeq, sentence }) => ({ kind, seq, toSeq, sentence })),
  };
}

const beingRead = () =>
  new Refusal({
    kind: 'too_many',
    code: 'audit_being_verified',
    detail: 'Somebody else is verifying the audit just now, and it is read by one at a time.',
    remedy: 'Ask again in a moment.',
    retryAfterSeconds: 10,
  });

async function readAnchors(
  anchor: VerifyTrailOptions['anchor'],
): Promise<{ anchors: AuditAnchorPoint[]; trouble: string | null }> {
  try {
    return { anchors: (await anchor?.list()) ?? [], trouble: null };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { anchors: [], trouble: error.reason };
  }
}

const timeText = (time: Date) => (Number.isNaN(time.getTime()) ? null : time.toISOString());
