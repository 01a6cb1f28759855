import type { SeenRequest } from './faultHttp.ts';

/** An error as Resend answers it (resend.com/docs/api-reference/errors). */
export interface ResendError {
  statusCode: number;
  name: string;
  message: string;
}

export interface ResendMail {
  id: string;
  /** The body of the request as it came. */
  from: string;
  to: string[];
  subject: string;
  html?: string;
  text?: string;
  reply_to?: string;
  headers?: Record<string, string>;
  attachments?: Array<{ filename?: string; content?: string; path?: string; content_type?: string }>;
  tags?: Array<{ name: string; value: string }>;
}

const error = (statusCode: number, name: string, message: string): ResendError => ({
  statusCode,
  name,
  message,
});

export const errors = {
  noUserAgent: error(403, 'forbidden', 'error code: 1010'),
  missingKey: error(401, 'missing_api_key', 'Missing API key in the authorization header.'),
  invalidKey: error(403, 'invalid_api_key', 'API key is invalid.'),
  sendingOnly: error(401, 'restricted_api_key', 'This API key is restricted to only send emails.'),
  idempotencyKey: error(400, 'invalid_idempotency_key', 'The key must be between 1-256 chars.'),
  otherPayload: error(
    409,
    'invalid_idempotent_request',
    'Same idempotency key used with a different request payload.',
  ),
  inProgress: error(
    409,
    'concurrent_idempotent_requests',
    'Same idempotency key used while original request is still in progress.',
  ),
  rateLimit: error(
    429,
    'rate_limit_exceeded',
    'Too many requests. Please limit the number of requests per second.',
  ),
  dailyQuota: error(429, 'daily_quota_exceeded', 'You have reached your daily email quota.'),
  notFound: error(404, 'not_found', 'The requested endpoint does not exist.'),
  method: error(405, 'method_not_allowed', 'Method is not allowed for the requested path.'),
  application: error(500, 'application_error', 'An unexpected error occurred.'),
};

const mailbox = /^(?:[^<>]*<([^\s<>@]+@[^\s<>@]+\.[^\s<>@]+)>|([^\s<>@]+@[^\s<>@]+\.[^\s<>@]+))$/;
const addressIn = (text: unknown) => {
  const found = typeof text === 'string' ? mailbox.exec(text) : null;
  return found?.[1] ?? found?.[2];
};
/** Undocumented, and met in practice: mail to reserved domains is refused before it is sent. */
const reserved = /@(?:[^@]+\.)?(?:example\.(?:com|net|org)|test|invalid)$/;

/** What Resend finds wrong with a body (resend.com/docs/api-reference/emails/send-email), or the mail. */
export function readMail(
  body: Record<string, unknown>,
  verifiedDomains: readonly string[],
): Omit<ResendMail, 'id'> | ResendError {
  const missing = ['from', 'to', 'subject'].filter((field) => !body[field]);
  if (missing.length > 0)
    return error(422, 'missing_required_field', `Missing \`${missing.join('`, `')}\` field.`);
  const from = addressIn(body['from']);
  if (from === undefined) return error(422, 'invalid_from_address', 'Invalid `from` field.');
  const to = (Array.isArray(body['to']) ? body['to'] : [body['to']]) as unknown[];
  if (to.some((one) => addressIn(one) === undefined)) return invalidTo(String(to[0]));
  if (to.some((one) => reserved.test(addressIn(one) ?? ''))) return invalidTo(String(to[0]));
  const domain = from.slice(from.lastIndexOf('@') + 1);
  if (!verifiedDomains.includes(domain))
    return error(
      403,
      'validation_error',
      `The ${domain} domain is not verified. Please, add and verify your domain.`,
    );
  const tags = (body['tags'] ?? []) as Array<{ name: string; value: string }>;
  if (tags.some(({ name, value }) => ![name, value].every((part) => /^[A-Za-z0-9_-]{1,256}$/.test(part))))
    return error(
      422,
      'validation_error',
      'Tags should only contain ASCII letters, numbers, underscores, or dashes.',
    );
  const attachments = (body['attachments'] ?? []) as Array<{ content?: string; path?: string }>;
  if (attachments.some(({ content, path }) => !content && !path))
    return error(422, 'invalid_attachment', 'Attachment must have either a `content` or `path`.');
  return { ...body, to } as Omit<ResendMail, 'id'>;
}

/** It repeats the address: a trap for logs. */
export const invalidTo = (address: string) =>
  error(
    422,
    'validation_error',
    `Invalid \`to\` field. Please use our testing email address instead of ${address}.`,
  );

/** What the head of a request is refused for; the key is one of those given, with what it may do. */
export function readHead(
  { headers, method, path }: SeenRequest,
  keys: Readonly<Record<string, 'full_access' | 'sending_access'>>,
): ResendError | undefined {
  if (!headers['user-agent']) return errors.noUserAgent;
  const key = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (key === undefined) return errors.missingKey;
  if (keys[key] === undefined) return errors.invalidKey;
  if (path !== '/emails' && path !== '/domains') return errors.notFound;
  if (path === '/domains' && keys[key] === 'sending_access') return errors.sendingOnly;
  return method === (path === '/emails' ? 'POST' : 'GET') ? undefined : errors.method;
}
