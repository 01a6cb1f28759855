import { z } from 'zod';
import { modes, type Mode } from '../../domain/mailGate.ts';
import type { MailGateControl } from '../../ports/mailGate.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { gateShown, showGate } from './gateShown.ts';

const input = z.strictObject({});
const output = z.strictObject({
  mode: z
    .enum(modes)
    .describe('Of the service that answers: in shadow mode no mail leaves, whatever is released.'),
  ...gateShown,
});

/** Whether mail goes out, and what waits for it. */
export function createShowMail(
  gate: Pick<MailGateControl, 'read'>,
  { mode }: { mode: Mode },
): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'mail:show',
    permission: 'status:read',
    summary: 'Show whether mail goes out or is held by the brake, restore mode or shadow mode',
    path: '/mail',
    input,
    output,
    read: async () => ({ mode, ...showGate(await gate.read()) }),
  };
}
