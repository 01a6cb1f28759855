import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type Connection, openConnection } from './connection.ts';
import { type Circumstance, createFaultBook, type Fault, type FiredFault } from './faults.ts';
import { createSqlReader } from './sqlReader.ts';

export interface PostgresProxyOptions {
  upstream: { host: string; port: number };
}

/** A kind of transaction that committed and may have changed something, by who made it and what it did. */
export interface CommitTally {
  applicationName: string;
  form: 'block' | 'single';
  writes: string[];
  calls: string[];
  count: number;
}

export interface PostgresProxy {
  /** The same connection string, through the proxy. */
  url(forUrl: string): string;
  /** A fault strikes from now on. Returns how to disarm and end just this one. */
  arm(fault: Fault): () => void;
  /** Disarms all faults and ends what goes on: delays are over, half-open connections flow again. */
  clear(): void;
  /** What struck, in order, since the proxy was started. */
  fired(): FiredFault[];
  /** Which kinds of transactions the server has said to have committed. */
  commits(): CommitTally[];
  /** How many clients are connected. */
  connections(): number;
  /** Resets all connections and closes the door. */
  stop(): Promise<void>;
}

/**
 * A proxy before Postgres that understands its protocol, for faults at exactly chosen messages. It decides nothing by
 * itself: what is armed strikes whenever it matches. It speaks no TLS.
 */
export async function startPostgresProxy({ upstream }: PostgresProxyOptions): Promise<PostgresProxy> {
  const faults = createFaultBook();
  const read = createSqlReader();
  const open = new Set<Connection>();
  const tallies = new Map<string, CommitTally>();
  let connected = 0;

  function onCommitted({ applicationName, transaction }: Circumstance): void {
    if (!transaction) return;
    const { form } = transaction;
    const writes = [...transaction.writes].toSorted();
    const calls = [...transaction.calls].toSorted();
    if (writes.length + calls.length === 0) return;
    const kind = { applicationName, form, writes, calls };
    const key = JSON.stringify(kind);
    const tally = tallies.get(key) ?? { ...kind, count: 0 };
    tallies.set(key, { ...tally, count: tally.count + 1 });
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const connection = openConnection({
      number: (connected += 1),
      client,
      upstream,
      faults,
      read,
      onCommitted,
    });
    open.add(connection);
    void connection.closed.then(() => open.delete(connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url(forUrl) {
      const url = new URL(forUrl);
      url.hostname = '127.0.0.1';
      url.port = String(port);
      return url.href;
    },
    arm(fault) {
      const disarm = faults.arm(fault);
      if (fault.kind === 'halfOpen' && (fault.when ?? 'now') === 'now') {
        for (const connection of open) connection.considerNow(fault);
      }
      return disarm;
    },
    clear: () => faults.clear(),
    fired: () => faults.fired(),
    commits: () => [...tallies.values()],
    connections: () => open.size,
    async stop() {
      const shut = once(server, 'close');
      server.close();
      const all = [...open];
      for (const connection of all) connection.cut();
      await Promise.all(all.map(({ closed }) => closed));
      await shut;
    },
  };
}
