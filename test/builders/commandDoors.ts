import { randomUUID } from 'node:crypto';
import type { AdminClient } from '../../src/cli/admin/adminClient.ts';
import { createDirectClient } from '../../src/cli/admin/directClient.ts';
import { createHttpClient } from '../../src/cli/admin/httpClient.ts';
import type { HttpTrouble, SendHttp } from '../../src/cli/admin/httpTransport.ts';
import { operationRow } from '../../src/cli/admin/operationRow.ts';
import { permissionsOf, type Role } from '../../src/domain/permissions.ts';
import type { Operations } from '../../src/operations/frame/operations.ts';
import { as, buildAdminServer } from './adminServer.ts';
import { type CommandLineGiven, runOperators } from './commandLine.ts';

export type Door = 'api' | 'direct';

export interface DoorOptions {
  operations: Operations;
  role?: Role;
  subject?: string;
}

/** The command line over the same operations by both doors: the API's own server, and past it. */
export function commandDoors({ operations, role = 'ops_admin', subject = 'auth0|anna' }: DoorOptions) {
  const rows = operations.list.map(operationRow);
  const { server } = buildAdminServer({
    list: operations.list,
    ask: (name, asked) => operations.ask(name, asked),
  });
  /** Answers of the next requests, after they were carried out, are lost like this. */
  const losing: HttpTrouble[] = [];

  const send: SendHttp = async ({ method, url, headers, body }) => {
    const { pathname, search } = new URL(url);
    const answer = await server.inject({
      method,
      url: pathname + search,
      headers: { ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    const trouble = losing.shift();
    if (trouble !== undefined) return { trouble };
    return {
      status: answer.statusCode,
      header: (name) => answer.headers[name]?.toString() ?? null,
      retryAfterMs: undefined,
      body: answer.body,
    };
  };
  const clients: Record<Door, AdminClient> = {
    api: createHttpClient({
      apiUrl: 'https://ops.example',
      operations: rows,
      send,
      accessToken: async () => as(role, subject).authorization.replace('Bearer ', ''),
      newId: randomUUID,
      sleep: async () => undefined,
      timeoutMs: 1_000,
    }),
    direct: createDirectClient({
      ask: (name, asked) =>
        operations.ask(name, { caller: { subject, roles: [role], channel: 'cli' }, ...asked }),
      me: async () => ({ subject, name: 'Anna', roles: [role], permissions: permissionsOf([role]) }),
    }),
  };

  return {
    losing,
    run: (door: Door, words: string | string[], given: CommandLineGiven = {}) =>
      runOperators(words, {
        now: new Date(),
        newId: randomUUID,
        ...given,
        duties: {
          admin: () => ({
            operations: () => rows,
            open: async () => ({ client: clients[door], close: async () => undefined }),
            signIn: () => Promise.reject(new Error('not expected')),
          }),
        },
      }),
  };
}
