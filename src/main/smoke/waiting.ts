import { setTimeout as pause } from 'node:timers/promises';

/** It may still come: look again until the time is up. */
export class NotYet extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotYet';
  }
}

/** It will not come any more. */
export class Hopeless extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Hopeless';
  }
}

export type Waited<Value> = { came: true; value: Value } | { came: false; reason: string };

/** Looks until it is there or the signal ends the waiting; then says what was seen last. */
export async function waitFor<Value>(
  look: () => Promise<Value>,
  { signal, pollMs }: { signal: AbortSignal; pollMs: number },
): Promise<Waited<Value>> {
  let reason = 'nothing was seen';
  for (;;) {
    try {
      return { came: true, value: await look() };
    } catch (error) {
      if (error instanceof Hopeless) return { came: false, reason: error.message };
      // Looks are cut off by the signal too; what was seen before says more than that.
      if (!signal.aborted || error instanceof NotYet) reason = reasonOf(error);
    }
    if (signal.aborted) return { came: false, reason };
    await pause(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotYet) return error.message;
  const cause = error instanceof Error ? (error.cause as { code?: string } | undefined)?.code : undefined;
  return error instanceof Error
    ? `${error.message}${cause === undefined ? '' : ` (${cause})`}`
    : String(error);
}
