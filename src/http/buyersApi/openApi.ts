import { jsonSchemaOf } from '../jsonSchema.ts';
import type { Problem } from '../problem.ts';
import { problemSchema } from '../problemSchema.ts';
import { type BuyersCall, buyersCalls } from './calls.ts';

type Json = Record<string, unknown>;

/** The document of the buyers' API (OpenAPI 3.1), made of what its routes read and answer. */
export function buyersOpenApi(): Json {
  const paths: Record<string, Json> = {};
  for (const call of buyersCalls) paths[call.path] = { ...paths[call.path], [call.method]: describe(call) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fulfillment: buyers’ API',
      version: '1',
      description: [
        'For the pages of a shop: what a buyer owns, how a guest’s purchase becomes an account’s, and how far a purchase is.',
        'Buyers sign in with the shop’s identity provider; their access token goes along with every call of the shelf.',
        'Members and words may be added to answers: leave those that you do not know alone.',
      ].join(' '),
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: jsonSchemaOf(problemSchema.omit({ changes: true }), 'output') },
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function describe(call: BuyersCall): Json {
  const { id, summary, signedIn, parameters = [], body } = call;
  return {
    operationId: id,
    tags: [call.path.split('/')[2]],
    summary,
    security: signedIn ? [{ accessToken: [] }] : [],
    ...(parameters.length > 0 && {
      parameters: parameters.map(({ format, ...parameter }) => ({
        ...parameter,
        required: true,
        schema: { type: 'string', ...(format && { format }) },
      })),
    }),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: jsonSchemaOf(body, 'input') } },
      },
    }),
    responses: { ...answersOf(call), ...refusalsOf(call.problems) },
  };
}

function answersOf({ answers }: BuyersCall): Json {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { means, schema, streamed }]) => [
      status,
      {
        description: means,
        content: {
          'application/json': { schema: jsonSchemaOf(schema, 'output') },
          ...(streamed && {
            'text/event-stream': {
              schema: {
                type: 'string',
                description:
                  'Events “state”, each with that JSON as its data, and one “end” when nothing more can come.',
              },
            },
          }),
        },
      },
    ]),
  );
}

/** One answer for each status, which names the codes that it may carry. */
function refusalsOf(problems: readonly Problem[]): Json {
  const statuses = [...new Set(problems.map(({ status }) => status))].toSorted((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const these = problems.filter((problem) => problem.status === status);
      const codes = [...new Set(these.map(({ code }) => code))];
      return [
        status,
        {
          description: these.map(({ code, detail }) => `\`${code}\`: ${detail}`).join('\n\n'),
          ...(these.some(({ retryAfterSeconds }) => retryAfterSeconds !== undefined) && {
            headers: retryAfter,
          }),
          content: {
            'application/problem+json': {
              schema: {
                allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
              },
            },
          },
        },
      ];
    }),
  );
}

const retryAfter = {
  'retry-after': {
    description: 'Seconds after which it is worth asking again.',
    schema: { type: 'integer' },
  },
};
