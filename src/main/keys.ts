import { hkdfSync } from 'node:crypto';

/** One key per purpose, derived from the operator's link key (RFC 5869), so that no key serves two ends. */
export function deriveKey(
  masterKey: Uint8Array,
  purpose:
    | 'file-urls'
    | 'client-hash'
    | 'message-ids'
    | 'staff-sign-in'
    | 'checkout-progress'
    | 'novu-subscribers'
    | 'copy-marks'
    | 'claim-codes',
): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(0), `fulfillment ${purpose}`, 32));
}
