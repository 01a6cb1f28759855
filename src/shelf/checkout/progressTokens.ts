import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';

const idBytes = 16;
const timeBytes = 6;
const macBytes = 16;
const sizeBytes = idBytes + timeBytes + macBytes;

/** Lets whoever has it follow one payment for a while, and do nothing else. Stored nowhere. */
export interface ProgressTokens {
  write(paymentId: string): string;
  /** The payment; undefined when the token is altered, guessed or too old. */
  read(token: string): string | undefined;
}

export interface ProgressTokenOptions {
  /** Derived for this end alone. The first one writes, all of them read. */
  keys: readonly Uint8Array[];
  clock: Pick<Clock, 'now'>;
  /** Default: half an hour. */
  validForMs?: number;
}

/** base64url of payment, end of validity (milliseconds) and the first 16 bytes of HMAC-SHA256 over both. */
export function createProgressTokens(options: ProgressTokenOptions): ProgressTokens {
  const { keys, clock, validForMs = 30 * 60_000 } = options;
  const [writingKey] = keys;
  if (writingKey === undefined) throw new RangeError('Progress tokens need at least one key.');
  const macOf = (said: Uint8Array, key: Uint8Array) =>
    createHmac('sha256', key).update('checkout-progress:').update(said).digest().subarray(0, macBytes);

  return {
    write(paymentId) {
      const said = Buffer.alloc(idBytes + timeBytes);
      said.write(paymentId.replaceAll('-', ''), 'hex');
      said.writeUIntBE(clock.now().getTime() + validForMs, idBytes, timeBytes);
      return Buffer.concat([said, macOf(said, writingKey)]).toString('base64url');
    },

    read(token) {
      const bytes = Buffer.from(token.slice(0, 100), 'base64url');
      if (bytes.length !== sizeBytes || bytes.toString('base64url') !== token) return undefined;
      const said = bytes.subarray(0, idBytes + timeBytes);
      const mac = bytes.subarray(idBytes + timeBytes);
      const fitting = keys.filter((key) => timingSafeEqual(macOf(said, key), mac));
      const validUntilMs = said.readUIntBE(idBytes, timeBytes);
      if (fitting.length === 0 || validUntilMs <= clock.now().getTime()) return undefined;
      const hex = said.toString('hex', 0, idBytes);
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
        '-',
      );
    },
  };
}
