import { createHash, randomUUID } from 'node:crypto';
import PostalMime from 'postal-mime';
import { createBuyerOperations } from '../../src/operations/buyers/buyerOperations.ts';
import { createRefusalThrottle } from '../../src/operations/audit/throttleRefusals.ts';
import type { Asked } from '../../src/operations/frame/operation.ts';
import { createOperations } from '../../src/operations/frame/operations.ts';
import { Refusal } from '../../src/operations/frame/refusal.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import type { OutgoingMail } from '../../src/ports/mailer.ts';
import { createFollowLink, type FollowedLink } from '../../src/shelf/followLink.ts';
import { createLinkTokens } from '../../src/shelf/linkTokens.ts';
import { resendReceiptPlan, sendLinksPlan, tellOldAddressPlan } from '../../src/steps/askedMails.ts';
import { createAuditLog } from '../../src/store/audit/auditLog.ts';
import { buyerControl } from '../../src/store/operations/buyers/buyerControl.ts';
import { jobControl } from '../../src/store/operations/jobControl.ts';
import { operationRequests } from '../../src/store/operations/operationRequests.ts';
import { createShelfStore } from '../../src/store/shelf/shelfStore.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { startFulfilStack } from './fulfilStack.ts';
import { callerOf } from './operationsStack.ts';

/** The product's own steps, what staff may do about a buyer, and the shelf that a buyer's links lead to. */
export async function startBuyersStack() {
  const stack = await startFulfilStack();
  const pool = stack.poolAs('fulfillment_operations', 4);
  const audit = createAuditLog(pool);
  const operations = createOperations({
    operations: createBuyerOperations({
      jobs: jobControl,
      buyers: buyerControl,
      plans: {
        resendReceipt: resendReceiptPlan,
        sendLinks: sendLinksPlan,
        tellOldAddress: tellOldAddressPlan,
      },
    }),
    inTransaction: (work) => inTransaction(pool, work),
    requests: operationRequests,
    audit,
    refusals: createRefusalThrottle({ log: audit, clock: systemClock }),
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    newId: randomUUID,
    announce: () => undefined,
  });
  const follow = createFollowLink({
    store: createShelfStore(stack.poolAs('fulfillment_shelf', 2)),
    openCopy: async () => undefined,
    redirectTo: stack.files,
    limits: { perLink: 100, perEbook: 300 },
    // The key that the builder of mails writes its links with.
    tokens: createLinkTokens({ keys: [new Uint8Array(32).fill(7)] }),
    telemetry: { emit: () => undefined },
    clientHashKey: new Uint8Array(32),
  });

  /** Asks about a job as it is now. */
  async function ask(
    name: string,
    jobId: string,
    input: object = {},
    asked: Partial<Asked> = {},
  ): Promise<Record<string, unknown>> {
    const { events } = await stack.see(jobId);
    const { output } = await operations.ask(name, {
      caller: callerOf('ops_admin'),
      reason: 'the buyer called',
      input: { jobId, version: events.at(-1)?.seq ?? 0, ...input },
      ...asked,
    });
    return output as Record<string, unknown>;
  }

  return {
    ...stack,
    audit,
    operations,
    ask,

    /** Why it was refused; fails when it was not. */
    async refusalOf(
      name: string,
      jobId: string,
      input: object = {},
      asked: Partial<Asked> = {},
    ): Promise<Refusal> {
      try {
        await ask(name, jobId, input, asked);
      } catch (error) {
        if (error instanceof Refusal) return error;
        throw error;
      }
      throw new Error(`${name} was not refused.`);
    },

    /** Where a buyer's click on a link leads. */
    click: async (url: string): Promise<FollowedLink['kind']> => {
      const token = url.slice(url.lastIndexOf('/') + 1);
      const click = { method: 'GET', clientAddress: '192.0.2.1', userAgent: 'Firefox', purpose: undefined };
      return (await follow(token, click)).kind;
    },
  };
}

export type BuyersStack = Awaited<ReturnType<typeof startBuyersStack>>;

export interface ReadMail {
  to: string;
  messageId: string;
  subject: string;
  text: string;
  links: string[];
  attachments: string[];
}

/** A mail as its reader sees it. */
export async function readMail(mail: OutgoingMail | undefined): Promise<ReadMail> {
  if (!mail) throw new Error('There is no such mail.');
  const { subject = '', text = '', attachments } = await PostalMime.parse(mail.bytes);
  return {
    to: mail.to,
    messageId: mail.messageId,
    subject,
    text,
    links: text.match(/https:\/\/books\.test\/d\/\S+/g) ?? [],
    attachments: attachments.map(({ filename }) => filename ?? ''),
  };
}
