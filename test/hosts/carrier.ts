import { Socket } from 'node:net';
import pg from 'pg';

/** What stands for a provider outside: it writes down whatever it is told, as often as it is told. */
export interface Carrier {
  post(posting: { key: string; host: string; attempt: number }, signal: AbortSignal): Promise<void>;
  /** Who posted it, if somebody did. */
  find(key: string, signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}

interface Line {
  client: pg.Client;
  socket: Socket;
}

/**
 * Speaks to the carrier's table over connections of its own. Whoever is told to stop drops the line with a reset, so
 * that what has not gone out by then is not delivered later: a network that was cut keeps what it could not deliver.
 */
export function openCarrier(connectionString: string): Carrier {
  const idle: Line[] = [];

  function newLine(): Line {
    const socket = new Socket();
    const client = new pg.Client({ connectionString, application_name: 'carrier', stream: () => socket });
    // A line that broke fails the next question, which is where it is dealt with.
    client.on('error', () => undefined);
    return { client, socket };
  }

  async function ask<T>(signal: AbortSignal, question: (client: pg.Client) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const known = idle.pop();
    const line = known ?? newLine();
    const hangUp = () => void line.socket.resetAndDestroy();
    signal.addEventListener('abort', hangUp);
    try {
      if (!known) await line.client.connect();
      const answer = await question(line.client);
      idle.push(line);
      return answer;
    } catch (error) {
      hangUp();
      throw error;
    } finally {
      signal.removeEventListener('abort', hangUp);
    }
  }

  return {
    async post({ key, host, attempt }, signal) {
      await ask(signal, (client) =>
        client.query('insert into public.posted (key, host, attempt) values ($1, $2, $3)', [
          key,
          host,
          attempt,
        ]),
      );
    },
    async find(key, signal) {
      const { rows } = await ask(signal, (client) =>
        client.query<{ host: string }>('select host from public.posted where key = $1', [key]),
      );
      return rows[0]?.host;
    },
    async close() {
      await Promise.all(idle.splice(0).map(({ client }) => client.end()));
    },
  };
}
