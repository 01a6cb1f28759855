import { jsonSchemaOf } from '../jsonSchema.ts';
import { problemSchema } from '../problemSchema.ts';

export const headers = {
  'x-repeated': {
    description: 'Whether this request had been answered before, so that nothing was done now.',
    schema: { type: 'boolean' },
  },
};

const retryAfter = {
  'retry-after': {
    description: 'Seconds after which it is worth asking again.',
    schema: { type: 'integer' },
  },
};

const answers = {
  400: 'The input cannot be used; `field` says which.',
  401: 'Nobody is signed in.',
  403: 'The roles do not allow it.',
  404: 'There is no such thing.',
  409: 'It makes no sense in the state it is in, or it has moved: then `changes` says how.',
  413: 'The body is larger than 64 kB.',
  414: 'The query is too long.',
  415: 'The body is not JSON.',
  422: 'The request id was used for something else.',
  429: 'Too many requests in a minute.',
  500: 'The service failed, and knows it.',
  503: 'Something that is needed cannot be reached, or others were in the way.',
} as const;

const problems = {
  me: [401, 429, 503],
  read: [400, 401, 403, 404, 409, 414, 429, 500, 503],
  audited: [400, 401, 403, 404, 409, 413, 415, 429, 500, 503],
  change: [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503],
} as const satisfies Record<string, ReadonlyArray<keyof typeof answers>>;

/** The answers other than 200. */
export function problemsOf(kind: keyof typeof problems): Record<string, unknown> {
  return Object.fromEntries(
    problems[kind].map((status) => [status, { $ref: `#/components/responses/${status}` }]),
  );
}

export const components: Record<string, Record<string, unknown>> = {
  schemas: { Problem: jsonSchemaOf(problemSchema, 'output') },
  responses: Object.fromEntries(
    Object.entries(answers).map(([status, description]) => [
      status,
      {
        description,
        ...(status === '429' || status === '503' ? { headers: retryAfter } : {}),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  ),
  securitySchemes: {
    accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    session: { type: 'apiKey', in: 'cookie', name: '__Host-ops_session' },
  },
};
