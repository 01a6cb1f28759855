import type pg from 'pg';
import type { HeldScrub, ScrubBook, ScrubKind, ScrubRun, ScrubStage } from '../../../ports/storageScrub.ts';
import type { Transaction } from '../../../ports/transaction.ts';
import { ask } from '../../shelf/ask.ts';
import { queryIn } from '../../transaction.ts';

/** Who is silent for so long was cut off. */
const holdSeconds = 60;
const findingsMax = 500;

/** How far scrubs have come, over a pool of `fulfillment_operations`. */
export const createScrubBook = (pool: pg.Pool): ScrubBook => ({
  async begin(tx, by, kind, holder) {
    // One begins at a time: the other then sees that it is held.
    await queryIn(tx, `select pg_advisory_xact_lock(hashtext('fulfillment.storage_scrubs'))`);
    await queryIn(tx, 'select fulfillment.prune_storage_scrubs(100)');
    const [held] = await queryIn<{ by: string; startedAt: Date; heldForMs: number }>(
      tx,
      `select s.by, s.started_at as "startedAt",
              (extract(epoch from s.held_until - clock_timestamp()) * 1000)::float8 as "heldForMs"
         from fulfillment.storage_scrubs s
        where s.finished_at is null and s.held_until > clock_timestamp() order by s.held_until desc limit 1`,
    );
    if (held) return { kind: 'under_way', ...held };
    const run = (await goOn(tx, kind, holder)) ?? (await beginAnew(tx, by, kind, holder));
    return { kind: 'mine', run };
  },

  async tell({ runId, holder }, { progress, findings, letGo }) {
    const { stage, after, checked, checkedBytes, repaired, broken } = progress;
    const told = await ask(
      pool,
      `update fulfillment.storage_scrubs s
          set stage = $3, after = $4, checked = $5, checked_bytes = $6, repaired = $7, broken = $8,
              findings = case when jsonb_array_length(s.findings) < ${findingsMax}
                              then jsonb_path_query_array(s.findings || $9::jsonb, '$[0 to ${findingsMax - 1}]')
                              else s.findings end,
              told_at = clock_timestamp(),
              held_until = clock_timestamp() + case when $10 then interval '0' else interval '${holdSeconds} seconds' end
        where s.id = $1 and s.holder = $2 and s.finished_at is null
       returning s.id`,
      [runId, holder, stage, after, checked, checkedBytes, repaired, broken, JSON.stringify(findings), letGo],
    );
    return told.length > 0;
  },

  async hold({ runId, holder }) {
    const held = await ask(
      pool,
      `update fulfillment.storage_scrubs s
          set told_at = clock_timestamp(), held_until = clock_timestamp() + interval '${holdSeconds} seconds'
        where s.id = $1 and s.holder = $2 and s.finished_at is null
       returning s.id`,
      [runId, holder],
    );
    return held.length > 0;
  },

  async end(tx, { runId, holder }: HeldScrub, finished) {
    await queryIn(
      tx,
      `update fulfillment.storage_scrubs s
          set held_until = clock_timestamp(), told_at = clock_timestamp(),
              finished_at = case when $3 then clock_timestamp() end
        where s.id = $1 and s.holder = $2 and s.finished_at is null`,
      [runId, holder, finished],
    );
    const [row] = await queryIn<RunRow>(
      tx,
      `select ${columns} from fulfillment.storage_scrubs s where s.id = $1`,
      [runId],
    );
    if (!row) throw new Error('The scrub is not in its book.');
    return runOf(row, false);
  },
});

const goOnSql = `
update fulfillment.storage_scrubs s
   set holder = $4, held_until = clock_timestamp() + interval '${holdSeconds} seconds', told_at = clock_timestamp()
 where s.id = (select l.id from fulfillment.storage_scrubs l
                where l.finished_at is null and l.part = $1 and l.since is not distinct from $2 and l.repair = $3
                  and l.told_at > clock_timestamp() - interval '7 days'
                order by l.started_at desc limit 1)`;

const beginSql = `
insert into fulfillment.storage_scrubs as s (by, part, since, repair, holder, held_until)
values ($5, $1, $2, $3, $4, clock_timestamp() + interval '${holdSeconds} seconds')`;

const columns = `s.id, s.started_at as "startedAt", s.stage, s.after, s.checked::float8, s.checked_bytes::float8 as "checkedBytes",
  s.repaired::float8, s.broken::float8, s.findings`;

interface RunRow {
  id: string;
  startedAt: Date;
  stage: ScrubStage;
  after: string | null;
  checked: number;
  checkedBytes: number;
  repaired: number;
  broken: number;
  findings: ScrubRun['findings'];
}

const runOf = (row: RunRow, resumed: boolean): ScrubRun => ({ ...row, resumed });

async function goOn(
  tx: Transaction,
  { part, since, repair }: ScrubKind,
  holder: string,
): Promise<ScrubRun | undefined> {
  const [row] = await queryIn<RunRow>(tx, `${goOnSql} returning ${columns}`, [part, since, repair, holder]);
  return row && runOf(row, true);
}

async function beginAnew(
  tx: Transaction,
  by: string,
  { part, since, repair }: ScrubKind,
  holder: string,
): Promise<ScrubRun> {
  const [row] = await queryIn<RunRow>(tx, `${beginSql} returning ${columns}`, [
    part,
    since,
    repair,
    holder,
    by,
  ]);
  if (!row) throw new Error('The scrub was not written down.');
  return runOf(row, false);
}
