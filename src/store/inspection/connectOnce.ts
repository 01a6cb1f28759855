import pg from 'pg';

const connectTimeoutMs = 5_000;
const queryTimeoutMs = 10_000;

/** Connects, works, and closes: for people's questions, not for traffic. */
export async function connectOnce<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString,
    application_name: 'fulfillment-doctor',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
  });
  // A connection that breaks also fails the statement under way, which is where it is dealt with.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
