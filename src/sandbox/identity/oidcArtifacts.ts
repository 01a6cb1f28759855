import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import type { Pool } from 'pg';

/** Keeps the provider's sessions, grants and codes in Postgres, so that a restart signs nobody out. */
export function createOidcArtifacts(pool: Pool): AdapterFactory {
  async function findBy(kind: string, condition: string, value: string): Promise<AdapterPayload | undefined> {
    const found = await pool.query<{ payload: AdapterPayload }>(
      `select payload from identity_sandbox.artifacts
       where kind = $1 and ${condition} = $2 and (expires_at is null or expires_at > now())`,
      [kind, value],
    );
    return found.rows[0]?.payload;
  }

  return (kind): Adapter => ({
    upsert: async (id, payload, expiresIn) => {
      await pool.query(
        `insert into identity_sandbox.artifacts (kind, id, payload, expires_at)
         values ($1, $2, $3, now() + make_interval(secs => $4))
         on conflict (kind, id) do update set payload = excluded.payload, expires_at = excluded.expires_at`,
        [kind, id, JSON.stringify(payload), expiresIn ?? null],
      );
    },
    find: (id) => findBy(kind, 'id', id),
    findByUid: (uid) => findBy(kind, "payload ->> 'uid'", uid),
    findByUserCode: (userCode) => findBy(kind, "payload ->> 'userCode'", userCode),
    consume: async (id) => {
      await pool.query(
        `update identity_sandbox.artifacts
         set payload = payload || jsonb_build_object('consumed', extract(epoch from now())::bigint)
         where kind = $1 and id = $2`,
        [kind, id],
      );
    },
    destroy: async (id) => {
      await pool.query('delete from identity_sandbox.artifacts where kind = $1 and id = $2', [kind, id]);
    },
    revokeByGrantId: async (grantId) => {
      await pool.query(
        "delete from identity_sandbox.artifacts where kind = $1 and payload ->> 'grantId' = $2",
        [kind, grantId],
      );
    },
  });
}
