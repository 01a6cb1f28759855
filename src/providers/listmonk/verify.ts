import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { ListmonkApi } from './api.ts';
import { listmonkFault } from './faults.ts';
import { templateProblem } from './template.ts';

const done = z.literal(true);
const config = z.object({ version: z.string().optional(), messengers: z.array(z.string()).optional() });
const template = z.object({ type: z.string(), body: z.string().optional() });

/**
 * Checks all that sending needs, and sends nothing: that Listmonk is there and lets us in, is of a version that sends
 * to buyers who are no subscribers, has our messenger and our template, and lets us send.
 *
 * @throws Fault
 */
export async function verifyListmonk(
  api: ListmonkApi,
  { templateId, messenger }: { templateId: number; messenger?: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const get = <Data>(path: string, data: z.ZodType<Data>) => answered(api, { path, data, signal });
  await get('api/health', done);
  const { version = '', messengers = [] } = await get('api/config', config);
  const major = /^v?(\d+)\./.exec(version)?.[1];
  if (major !== undefined && Number(major) < 6)
    throw misconfigured('Listmonk is too old: sending to buyers who are no subscribers needs version 6.0');
  if (messenger !== undefined && !messengers.includes(messenger))
    throw misconfigured(`Listmonk has no messenger “${messenger}”`);
  await checkTemplate(api, templateId, signal);
  await checkPermission(api, templateId, signal);
}

async function checkTemplate(api: ListmonkApi, templateId: number, signal: AbortSignal): Promise<void> {
  const answer = await api.ask({ path: `api/templates/${templateId}`, data: template, signal });
  // Listmonk answers 400 for a template that it does not have (internal/core/templates.go, `GetTemplate`).
  if (answer.kind === 'answer' && answer.status === 400)
    throw misconfigured(`Listmonk has no template ${templateId}`);
  if (answer.kind !== 'ok') throw new Fault(listmonkFault({ ...answer, mayBeQueued: false }));
  const { type, body = '' } = answer.body.data;
  const problem = templateProblem({ type, body });
  if (problem !== undefined) throw misconfigured(`Listmonk’s template ${templateId} ${problem}`);
}

/** A mail to nobody: refused as such (400) by whoever lets us send, and with 403 by whoever does not. */
async function checkPermission(api: ListmonkApi, templateId: number, signal: AbortSignal): Promise<void> {
  const toNobody = { subscriber_mode: 'external', subscriber_emails: [], template_id: templateId };
  const content = { type: 'application/json', body: JSON.stringify(toNobody) };
  const answer = await api.ask({ path: 'api/tx', content, data: done, signal });
  if (answer.kind === 'ok' || (answer.kind === 'answer' && answer.status === 400)) return;
  throw new Fault(listmonkFault({ ...answer, mayBeQueued: false }));
}

async function answered<Data>(
  api: ListmonkApi,
  question: { path: string; data: z.ZodType<Data>; signal: AbortSignal },
): Promise<Data> {
  const answer = await api.ask(question);
  if (answer.kind === 'ok') return answer.body.data;
  throw new Fault(listmonkFault({ ...answer, mayBeQueued: false }));
}

const misconfigured = (said: string) =>
  new Fault({
    kind: 'needs_human',
    reason: 'listmonk_misconfigured',
    message: `${said}.`,
    provider: 'listmonk',
  });
