import { randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg';
import { scramVerifier } from './scramVerifier.ts';

export interface RolePassword {
  role: string;
  /** Printable ASCII. */
  password: string;
}

/** Lets the roles log in with these passwords: all of them or none. */
export async function setRolePasswords(
  client: ClientBase,
  passwords: readonly RolePassword[],
): Promise<void> {
  const statements = passwords.map(({ role, password }) => {
    const verifier = scramVerifier(password, randomBytes(16));
    // ALTER ROLE takes no parameters.
    return `alter role ${escapeIdentifier(role)} login password ${escapeLiteral(verifier)}`;
  });
  await client.query('begin');
  try {
    for (const statement of statements) await client.query(statement);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
