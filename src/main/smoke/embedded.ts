import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPool } from '../../store/connection.ts';
import { startSandboxStack } from '../sandboxStack.ts';
import { apiMailbox } from './mailboxes.ts';
import type { ClaimSmokeTarget } from './runClaimSmoke.ts';
import type { SmokeTarget } from './target.ts';
import { timelineReader } from './timeline.ts';

/** A whole stack of its own: temporary data, free ports, stand-ins for every vendor. */
async function startStack(say: (line: string) => void) {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'fulfillment-smoke-'));
  const remove = () => rm(dataDirectory, { recursive: true, force: true });
  const stack = await startSandboxStack({ dataDirectory, anyPorts: true, say }).catch(
    async (error: unknown) => {
      await remove();
      throw error;
    },
  );
  return {
    stack,
    /** Stops it. @param keep leaves behind what may explain a failure */
    async close({ keep }: { keep: boolean }) {
      await stack.stop();
      if (keep) say(`Everything is kept in ${dataDirectory}: npm start -- --data-dir ${dataDirectory}`);
      else await remove();
    },
  };
}

export async function embeddedTarget(say: (line: string) => void): Promise<SmokeTarget> {
  const { stack, close } = await startStack(say);
  const buyer = `smoke-${randomBytes(4).toString('hex')}@example.com`;
  const pool = createPool({
    connectionString: stack.config.database.readerUrl,
    applicationName: 'fulfillment-smoke',
    connectionsMax: 1,
  });
  return {
    kind: 'embedded',
    apiUrl: stack.urls.api,
    metricsUrls: [`${stack.urls.api}/metrics`],
    mailbox: apiMailbox(stack.urls.inbox, buyer),
    accessToken: () => stack.accessToken(buyer),
    async pay() {
      const paid = await stack.purchase({
        products: ['the-calm-checkout'],
        email: buyer,
        name: 'Smoke Test',
      });
      return { paymentKey: paid.paymentIntentId ?? paid.sessionId };
    },
    readTimeline: timelineReader(pool),
    pollMs: 50,
    lookAt: { webhooks: stack.logFile, log: stack.logFile },
    async close({ keep }) {
      await pool.end();
      await close({ keep });
    },
  };
}

/** The same for claims; the guest and who claims are made up. */
export async function embeddedClaimTarget(say: (line: string) => void) {
  const { stack, close } = await startStack(say);
  const guestEmail = `guest-${randomBytes(4).toString('hex')}@example.com`;
  const target: ClaimSmokeTarget = {
    apiUrl: stack.urls.api,
    guestEmail,
    mailbox: apiMailbox(stack.urls.inbox, guestEmail),
    pay: () => stack.purchase({ products: ['the-calm-checkout'], email: guestEmail, name: 'Smoke Guest' }),
    accessToken: (email) => stack.accessToken(email),
    pollMs: 50,
    log: stack.logFile,
  };
  return { target, close };
}
