import type { World } from '../world/world.ts';

/**
 * Notes in a schema of the drill's own who takes a lease and who writes to a timeline, in the order in which it
 * becomes true: both happen under the lock of the job's row in dispatch, or, where a bug leaves that out, without.
 */
export async function watchWriters({ sqlAsAdmin }: Pick<World, 'sqlAsAdmin'>): Promise<void> {
  await sqlAsAdmin(`
    create schema drill;
    create table drill.notes (
      n bigint generated always as identity primary key, job_id uuid not null,
      claimed_by text, token bigint, written_by text, kind text);
    create index on drill.notes (job_id, n);
    create function drill.note_claim() returns trigger language plpgsql security definer set search_path = '' as $$
      begin
        insert into drill.notes (job_id, claimed_by, token) values (new.job_id, new.worker, new.lease_token);
        return null;
      end $$;
    create function drill.note_line() returns trigger language plpgsql security definer set search_path = '' as $$
      begin
        insert into drill.notes (job_id, written_by, kind) values (new.job_id, substr(new.actor, 8), new.kind);
        return null;
      end $$;
    create trigger drill_claims after update on fulfillment.fulfillment_dispatch for each row
      when (new.worker is not null and new.lease_token is distinct from old.lease_token)
      execute function drill.note_claim();
    create trigger drill_lines after insert on fulfillment.fulfillment_job_events for each row
      when (new.actor like 'worker:%') execute function drill.note_line()`);
}

const rules: Record<string, string> = {
  'a line of a timeline was written by who did not hold the lease': `
    select * from (
      select w.job_id, w.kind, w.written_by,
             (select c.claimed_by from drill.notes c
               where c.job_id = w.job_id and c.claimed_by is not null and c.n < w.n
               order by c.n desc limit 1) as holder
        from drill.notes w where w.written_by is not null) w
     where holder is distinct from written_by`,
  'a lease token did not grow': `
    select * from (
      select job_id, token, lag(token) over (partition by job_id order by n) as before
        from drill.notes where claimed_by is not null) c
     where token <= before`,
};

/** Whether every line was written by the then holder of the job's lease. */
export async function checkWriters({ sqlAsAdmin }: Pick<World, 'sqlAsAdmin'>): Promise<string[]> {
  const problems: string[] = [];
  for (const [rule, query] of Object.entries(rules)) {
    const offenders = await sqlAsAdmin(query);
    if (offenders.length > 0)
      problems.push(`${rule}: ${offenders.length} times, ${JSON.stringify(offenders.slice(0, 2))}`);
  }
  return problems;
}
