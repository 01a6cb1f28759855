import { canonicalJson } from '../../domain/canonicalJson.ts';
import type { PlainJson } from '../../domain/canonicalJson.ts';
import type { PinnedItem } from '../../ports/bulk.ts';
import type { JsonObject } from '../../ports/step.ts';

/** What somebody agrees to when they start or approve a plan: the action, its parameters, and each job at its version. */
export function planDigest(
  plan: { action: string; params: JsonObject; items: readonly PinnedItem[] },
  sha256: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const text = canonicalJson({
    v: 1,
    action: plan.action,
    params: plan.params as { [key: string]: PlainJson },
    items: plan.items.map(({ jobId, version }) => [jobId, version]),
  });
  return sha256(Buffer.from(text));
}
