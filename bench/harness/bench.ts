import type { Contestant, Work } from '../engines/roster.ts';
import type { Answer, Command } from './messages.ts';
import type { Options } from './options.ts';
import type { PrivatePostgres } from './privatePostgres.ts';
import type { PrivateRedis } from './privateRedis.ts';
import type { ResultsFile } from './resultsFile.ts';
import { startRole, type RoleProcess } from './roleProcess.ts';

/** What all questions work with. */
export interface Bench {
  postgres: PrivatePostgres;
  redis: PrivateRedis | undefined;
  programs: { absurdctl: string };
  results: ResultsFile;
  say(line: string): void;
  /** Why an engine cannot be measured here. */
  missing(contestant: Contestant): string | undefined;
  /** Databases that have run orders before, by engine; new ones are cloned from them (databases.ts). */
  templates: Map<string, string>;
}

export interface Question {
  name: string;
  /** One sentence. */
  asks: string;
  /** What is worked off, if it is not the work in common; only engines of the same work are asked. */
  work?: Work;
  defaults: Partial<Options>;
  /** Over the defaults, for a look that takes a minute. */
  quick: Partial<Options>;
  run(bench: Bench, options: Options): Promise<void>;
}

export interface Place {
  database: string;
  processName?: string;
  quickRecovery?: boolean;
}

/** Starts a process that plays a role of an engine in one database. */
export function startProcess(bench: Bench, contestant: Contestant, place: Place): Promise<RoleProcess> {
  return startRole(contestant, {
    engine: contestant.entry.name,
    variant: contestant.variant.name,
    databaseUrl: bench.postgres.url(place.database),
    ...(bench.redis ? { redisPort: bench.redis.port } : {}),
    processName: place.processName ?? 'bench',
    quickRecovery: place.quickRecovery ?? false,
    programs: bench.programs,
  });
}

/** Has one duty done by a process of its own. */
export async function runOnce(
  bench: Bench,
  contestant: Contestant,
  place: Place,
  order: { command: Command; timeoutMs?: number },
): Promise<Answer> {
  const child = await startProcess(bench, contestant, place);
  try {
    return await child.ask(order.command, order.timeoutMs);
  } finally {
    await child.end();
  }
}
