import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPool } from '../../store/connection.ts';
import { startSandboxStack } from '../sandboxStack.ts';
import { apiMailbox } from './mailboxes.ts';
import type { SmokeTarget } from './target.ts';
import { timelineReader } from './timeline.ts';

/** A whole stack of its own: temporary data, free ports, stand-ins for every vendor. */
export async function embeddedTarget(say: (line: string) => void): Promise<SmokeTarget> {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'fulfillment-smoke-'));
  const remove = () => rm(dataDirectory, { recursive: true, force: true });
  const stack = await startSandboxStack({ dataDirectory, anyPorts: true, say }).catch(
    async (error: unknown) => {
      await remove();
      throw error;
    },
  );
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
      await stack.stop();
      if (keep) say(`Everything is kept in ${dataDirectory}: npm start -- --data-dir ${dataDirectory}`);
      else await remove();
    },
  };
}
