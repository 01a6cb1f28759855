import type { Finding } from '../../cli/duties.ts';
import { isLoopback } from '../../providers/outbound.ts';
import { connectOnce } from '../../store/inspection/connectOnce.ts';
import { readSession, type SessionFacts } from '../../store/inspection/readSession.ts';
import type { Config } from '../config.ts';
import { causeOf } from '../unreachable.ts';
import { findingsOf, type Check } from './check.ts';
import { judgeClock, judgeDurability, judgePooler, judgeRole } from './databaseSession.ts';

interface RoleConnection {
  role: string;
  variable: string;
  url: string;
}

function roleConnections({ database }: Config): RoleConnection[] {
  const direct = { role: 'fulfillment_worker', variable: 'DATABASE_URL_DIRECT', url: database.directUrl };
  return [
    { role: 'fulfillment_intake', variable: 'DATABASE_URL_INTAKE', url: database.intakeUrl },
    { role: 'fulfillment_worker', variable: 'DATABASE_URL_WORKER', url: database.workerUrl },
    { role: 'fulfillment_shelf', variable: 'DATABASE_URL_SHELF', url: database.shelfUrl },
    { role: 'fulfillment_reader', variable: 'DATABASE_URL_READER', url: database.readerUrl },
    ...(database.operationsUrl === null
      ? []
      : [
          {
            role: 'fulfillment_operations',
            variable: 'DATABASE_URL_OPERATIONS',
            url: database.operationsUrl,
          },
        ]),
    ...(database.directUrl === database.workerUrl ? [] : [direct]),
  ];
}

interface Look extends RoleConnection {
  session?: SessionFacts;
  skewMs: number;
  error?: unknown;
}

/** Every login role: reachable, itself, and no mightier than it should be; then what they have in common. */
export const databaseCheck: Check = {
  name: 'database',
  async run({ config }) {
    const looks = await Promise.all(roleConnections(config).map(look));
    const findings = [...looks.flatMap(judge), ...judgeOneDatabase(looks)];
    const worker = looks.find(({ role, session }) => role === 'fulfillment_worker' && session !== undefined);
    if (!worker?.session) return findings;
    return [
      ...findings,
      ...judgeDurability(worker.session),
      ...judgeClock(worker.skewMs),
      ...judgePooler(worker.session, worker.url),
    ];
  },
};

async function look(connection: RoleConnection): Promise<Look> {
  try {
    return await connectOnce(connection.url, async (client) => {
      const beforeMs = Date.now();
      const session = await readSession(client);
      const skewMs = session.now.getTime() - (beforeMs + Date.now()) / 2;
      return { ...connection, session, skewMs };
    });
  } catch (error) {
    return { ...connection, error, skewMs: 0 };
  }
}

function judge({ role, variable, url, session, error }: Look): Finding[] {
  const { failed, warning } = findingsOf(`database ${role.replace('fulfillment_', '')}`);
  if (!session) return [failed(`${variable}: ${causeOf(error)}`, remedyFor(error))];
  const findings = judgeRole(session, role, variable);
  if (session.encrypted || session.throughPooler || isLoopback(new URL(url).hostname)) return findings;
  return [
    ...findings,
    warning('the connection is not encrypted', `Add ?sslmode=verify-full to ${variable}.`),
  ];
}

/** Accepted in one database and worked in another, a payment would wait for ever. */
function judgeOneDatabase(looks: Look[]): Finding[] {
  const databases = new Set(looks.flatMap(({ session }) => session?.database ?? []));
  if (databases.size < 2) return [];
  const { failed } = findingsOf('database');
  return [failed('the DATABASE_URL_* lead to different databases', 'All of them must name one database.')];
}

const remedies: Record<string, string> = {
  '28P01': 'Set the password with: fulfillment migrate --set-passwords',
  '28000': 'Let the role log in with: fulfillment migrate --set-passwords',
  '3D000': 'Name the right database in the URL.',
};

function remedyFor(error: unknown): string {
  const { code } = (error ?? {}) as { code?: string };
  return remedies[code ?? ''] ?? 'Is the host right, and may this machine reach it?';
}
