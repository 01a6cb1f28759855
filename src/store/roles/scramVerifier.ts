import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** Postgres' own default (`scram_iterations`). */
const iterations = 4_096;

/**
 * What Postgres stores instead of a password (RFC 5803; `src/common/scram-common.c`), so that the password itself
 * neither crosses the wire nor lands in the server's log.
 *
 * @param password printable ASCII: for anything else RFC 4013 would have to prepare it
 * @param salt 16 random bytes
 */
export function scramVerifier(password: string, salt: Uint8Array): string {
  if (!/^[\x20-\x7e]+$/.test(password))
    throw new RangeError('A password must be made of printable ASCII characters.');
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const sign = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(sign('Client Key')).digest('base64');
  const serverKey = sign('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`;
}
