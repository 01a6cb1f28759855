import { type FailpointName, failpointNames } from '../../src/domain/failpoint.ts';
import type { MailSendingOptions } from '../../src/mail/sending.ts';
import type { JobStore } from '../../src/ports/jobStore.ts';
import type { Mailer } from '../../src/ports/mailer.ts';
import type { Step } from '../../src/ports/step.ts';
import type { FulfilStack } from './fulfilStack.ts';

const withoutFiles = (step: Step) =>
  ['storage', 'late_files_email', 'analytics'].includes(step.name) ? undefined : step;

/** Where a worker may die while a mail is under way. */
export const deathsOfMails = failpointNames.filter((name) => name !== 'claimed');

export interface MailDeath {
  stack: FulfilStack;
  mailer: Mailer;
  /** Where the worker dies while it sends the receipt; null: it lives. */
  at: FailpointName | null;
  whenUnknown?: MailSendingOptions['whenUnknown'];
}

export interface AfterDeath {
  state: string;
  reason: string | null;
  ambiguities: number;
  messageId: string;
  died: boolean;
}

/** A purchase whose first worker dies at one point of sending the receipt; another one takes over. */
export async function dieWhileMailing({ stack, mailer, at, whenUnknown }: MailDeath): Promise<AfterDeath> {
  const mortal = mortalStore();
  const settings = { mailer, change: withoutFiles, ...(whenUnknown ? { whenUnknown } : {}) };
  const first = stack.startFulfilling({
    ...settings,
    wrap: mortal.wrap,
    failpoint: (name, { work }) => {
      if (name !== at || mortal.isDead() || !work.some((piece) => piece.startsWith('email/')))
        return undefined;
      mortal.die();
      throw gone();
    },
  });
  const bought = await first.buy();
  const over = ({ state }: { state: string }) => state !== 'open';
  await stack.until(bought.jobId, (job) => mortal.isDead() || over(job));
  if (mortal.isDead()) {
    stack.startFulfilling({ ...settings, plan: first.plan });
    await expireLease(stack, bought.jobId);
  }
  const job = await stack.until(bought.jobId, over);
  await stack.stopWorkers();
  const [mail] = await stack.rows<{ ambiguities: number; messageId: string }>(
    `select ambiguities, message_id as "messageId" from fulfillment.email_messages where logical_key = $1`,
    [`receipt:${bought.orderId}`],
  );
  if (!mail) throw new Error('No mail was ever written.');
  return { state: job.state, reason: job.reason, ...mail, died: mortal.isDead() };
}

/** What is under way ends as if the connection had gone, which gives its locks up. */
const gone = () => Object.assign(new Error('The process died.'), { code: 'ECONNRESET' });

/** A store that a process has died in front of: nothing that is asked of it is heard any more. */
function mortalStore() {
  let dead = false;
  return {
    die: () => {
      dead = true;
    },
    isDead: () => dead,
    wrap: (store: JobStore): JobStore =>
      new Proxy(store, {
        get(target, name, receiver) {
          const member: unknown = Reflect.get(target, name, receiver);
          if (typeof member !== 'function' || String(name).startsWith('is')) return member;
          return (...given: unknown[]): unknown =>
            dead ? Promise.reject(gone()) : (Reflect.apply(member, target, given) as unknown);
        },
      }),
  };
}

const expireLease = (stack: FulfilStack, jobId: string) =>
  stack.rows(
    `update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where job_id = $1 and worker is not null`,
    [jobId],
  );
