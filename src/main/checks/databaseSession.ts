import type { Finding } from '../../cli/duties.ts';
import type { SessionFacts } from '../../store/inspection/readSession.ts';
import { findingsOf } from './check.ts';

/** Whether a connection is the role it should be, with no more rights than that. */
export function judgeRole(session: SessionFacts, role: string, variable: string): Finding[] {
  const { ok, failed } = findingsOf(`database ${role.replace('fulfillment_', '')}`);
  if (session.user !== role) {
    return [
      failed(
        `${variable} logs in as ${session.user}`,
        `Use the role ${role}: each duty has rights of its own.`,
      ),
    ];
  }
  const excess = [
    ...(session.isSuperuser ? ['is a superuser'] : []),
    ...(session.bypassesRowSecurity ? ['bypasses row security'] : []),
  ];
  if (excess.length > 0) {
    const remedy = `As the administrator: alter role ${role} nosuperuser nobypassrls`;
    return [failed(`${role} ${excess.join(' and ')}`, remedy)];
  }
  if (!session.seesSchema) {
    const remedy = 'Name the right database in the URL, or run: fulfillment migrate';
    return [failed(`${variable} leads to a database without the product's tables`, remedy)];
  }
  return [ok(`Postgres ${session.serverVersion}${session.encrypted ? ', TLS' : ''}`)];
}

/** Settings without which a committed payment could be lost. */
export function judgeDurability(session: SessionFacts): Finding[] {
  const { ok, warning, failed } = findingsOf('durability');
  const off = [
    ...(session.fsync === 'on' ? [] : ['fsync']),
    ...(session.fullPageWrites === 'on' ? [] : ['full_page_writes']),
  ];
  const findings = off.map((setting) =>
    failed(`${setting} is off: a crash can lose what was committed`, `Set ${setting} = on.`),
  );
  const { synchronousCommit } = session;
  if (synchronousCommit === 'off') {
    const remedy = 'Set synchronous_commit = on for the database or its roles.';
    findings.push(
      failed('synchronous_commit is off: a crash can lose payments that Stripe was told are safe', remedy),
    );
  } else if (synchronousCommit === 'local' || synchronousCommit === 'remote_write') {
    findings.push(warning(`synchronous_commit is ${synchronousCommit}: a standby may miss the last commits`));
  }
  const all = `fsync, full_page_writes and synchronous_commit (${synchronousCommit}) are on`;
  return findings.length > 0 ? findings : [ok(all)];
}

const skewToNoteMs = 1_000;
/** Stripe's signatures are accepted within five minutes; a tenth of that is too much already. */
const skewMaxMs = 30_000;

/** @param skewMs the database's clock minus ours */
export function judgeClock(skewMs: number): Finding[] {
  const { ok, warning, failed } = findingsOf('clock');
  const ahead = `${Math.abs(skewMs / 1000).toFixed(1)} s ${skewMs > 0 ? 'behind' : 'ahead of'}`;
  const remedy = 'Let both machines take the time from NTP.';
  if (Math.abs(skewMs) > skewMaxMs) return [failed(`this machine is ${ahead} the database`, remedy)];
  if (Math.abs(skewMs) > skewToNoteMs) return [warning(`this machine is ${ahead} the database`, remedy)];
  return [ok(`within ${Math.max(1, Math.ceil(Math.abs(skewMs)))} ms of the database`)];
}

/** A transaction pooler is fine: nothing here keeps state in a session. Worth knowing all the same. */
export function judgePooler(session: SessionFacts, url: string): Finding[] {
  const { note } = findingsOf('pooler');
  const { port } = new URL(url);
  const mode = port === '6543' ? 'transaction mode by its port' : 'mode unknown';
  return session.throughPooler ? [note(`connections go through a pooler (${mode}); that is supported`)] : [];
}
