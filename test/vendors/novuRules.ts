import type { SeenRequest } from './faultHttp.ts';

export interface NovuWorkflow {
  active: boolean;
  steps: Array<{ type: string; active: boolean }>;
}

/** A trigger as it came (docs.novu.co/api-reference/events/trigger-event). */
export interface NovuTrigger {
  name: string;
  to: { subscriberId: string; email?: string; locale?: string };
  payload: {
    subject?: string;
    html?: string;
    text?: string;
    attachments?: Array<{ file: string; name: string; mime: string }>;
  };
  overrides?: { email?: { from?: string; senderName?: string; replyTo?: string } };
  transactionId: string;
}

export interface NovuAnswer {
  status: number;
  json: unknown;
  headers?: Record<string, string>;
}

/** Errors have one form (docs.novu.co/api-reference/errors). */
const error = (status: number, message: string, more: object = {}): NovuAnswer => ({
  status,
  json: {
    statusCode: status,
    timestamp: '2026-11-22T10:00:00.000Z',
    path: '/v1/events/trigger',
    message,
    ...more,
  },
});

export const answers = {
  unauthorized: error(401, 'API Key not found'),
  internal: error(500, 'Internal server error, contact support and provide them with the errorId', {
    errorId: 'f1d2c3b4',
  }),
  workflowNotFound: error(422, 'workflow_not_found'),
  workflowNotFoundById: { statusCode: 404, message: 'Workflow cannot be found' },
  notUnique: error(
    400,
    'transactionId property is not unique, please make sure all triggers have a unique transactionId',
  ),
  /** A 201 that says that nothing was started. */
  word: (status: string): NovuAnswer => ({ status: 201, json: { data: { acknowledged: true, status } } }),
  invalidEmail: (email: string) =>
    error(422, 'Validation Error', {
      errors: { 'to.email': { messages: ['email must be a valid email address'], value: email } },
    }),
  inProgress: (key: string): NovuAnswer => ({
    ...error(409, `Request with key "${key}" is currently being processed. Please retry after 1 second`),
    headers: { 'retry-after': '1', 'idempotency-key': key },
  }),
  otherBody: (key: string) => error(422, `Request with key "${key}" is being reused for a different body`),
  tooLarge: (sizeBytes: number) =>
    error(413, `Payload size (${sizeBytes} bytes) exceeds maximum allowed size of 524288 bytes (512KB).`),
};

/** What the head of a request is refused for. The key is `secret`. */
export function readHead({ headers, method, path }: SeenRequest): NovuAnswer | undefined {
  if (headers.authorization !== 'ApiKey secret') return answers.unauthorized;
  const asked = `${method} ${path}`;
  const known =
    asked === 'POST /v1/events/trigger' ||
    asked === 'GET /v1/messages' ||
    asked.startsWith('GET /v2/workflows/');
  return known ? undefined : error(404, `Cannot ${asked}`);
}

/** What Novu finds wrong with a trigger before it queues it, or the trigger. */
export function readTrigger(
  body: Record<string, unknown>,
  workflows: Readonly<Record<string, NovuWorkflow>>,
): NovuTrigger | NovuAnswer {
  const trigger = body as unknown as NovuTrigger;
  const { attachments: _apart, ...counted } = trigger.payload;
  const sizeBytes = Buffer.byteLength(JSON.stringify({ ...trigger, payload: counted }));
  if (sizeBytes > 524_288) return answers.tooLarge(sizeBytes);
  const { email } = trigger.to;
  if (email !== undefined && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) return answers.invalidEmail(email);
  const workflow = Object.hasOwn(workflows, trigger.name) ? workflows[trigger.name] : undefined;
  if (!workflow) return answers.workflowNotFound;
  if (!workflow.active) return answers.word('trigger_not_active');
  if (workflow.steps.length === 0) return answers.word('no_workflow_steps_defined');
  if (!workflow.steps.some(({ active }) => active)) return answers.word('no_workflow_active_steps_defined');
  return trigger;
}
