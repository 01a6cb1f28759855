import type { PlainJson } from '../../domain/canonicalJson.ts';
import { Fault } from '../../domain/fault.ts';
import type { Answer } from '../../operations/frame/operation.ts';
import type { RefusalOptions } from '../../operations/frame/refusal.ts';
import { type AdminClient, AdminProblem } from './adminClient.ts';

/** The operations over the database, asked as whoever is signed in, with channel `cli`. */
export type AskDirectly = (
  name: string,
  asked: { input: unknown; requestId?: string; reason?: string },
) => Promise<Answer>;

export interface DirectDoor {
  ask: AskDirectly;
  me(): Promise<{
    subject: string;
    name: string | null;
    roles: readonly string[];
    permissions: readonly string[];
  }>;
}

/** Asks past the API: for the night when it is down. The same permissions are checked and the same audit is written. */
export function createDirectClient({ ask, me }: DirectDoor): AdminClient {
  return {
    me: async () => plain({ ...(await me()), channel: 'cli' }),
    async call(name, input, { requestId, reason, signal } = {}) {
      signal?.throwIfAborted();
      const answer = await ask(name, {
        input,
        ...(requestId === undefined ? {} : { requestId }),
        ...(reason === undefined ? {} : { reason }),
      }).catch((error: unknown) => {
        throw problemOfThrown(error);
      });
      return { ...answer, output: plain(answer.output ?? null) };
    },
  };
}

/** As it would have come over the wire: no dates, nothing undefined. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as PlainJson;

/** What operations throw; refusals by name, for their class is not ours to import. */
function problemOfThrown(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'Refusal') {
    const { kind, code, remedy, field, changes, retryAfterSeconds } = error as Error & RefusalOptions;
    return new AdminProblem({
      kind,
      code,
      detail: error.message,
      remedy,
      field,
      changes,
      retryAfterSeconds,
      cause: error,
    });
  }
  if (error instanceof Fault) {
    const ofDatabase = error.reason === 'database_unavailable';
    return new AdminProblem({
      kind: 'unavailable',
      code: error.reason,
      detail: error.message,
      remedy: ofDatabase ? 'Check DATABASE_URL_OPERATIONS: fulfillment doctor.' : undefined,
      cause: error,
    });
  }
  return error;
}
