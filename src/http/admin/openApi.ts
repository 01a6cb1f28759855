import { rolesWith } from '../../domain/permissions.ts';
import type { AnyOperation } from '../../operations/frame/operation.ts';
import { adminPrefix, type AdminRoute, pathFieldsOf, routesOf } from './adminRoute.ts';
import { fieldsOf } from './inputFields.ts';
import { jsonSchemaOf } from '../jsonSchema.ts';
import { meSchema, meSummary, meUrl } from './me.ts';
import { components, headers, problemsOf } from './openApiParts.ts';

type Json = Record<string, unknown>;

/** The API's document (OpenAPI 3.1), made from the list of operations so that it cannot lag behind. */
export function openApiOf(list: readonly AnyOperation[]): Json {
  const paths: Record<string, Json> = {};
  const add = (url: string, method: string, described: Json) => {
    const path = url.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [method]: described };
  };
  for (const operation of list)
    for (const route of routesOf(operation))
      add(route.url, route.method.toLowerCase(), describe(operation, route));
  add(meUrl, 'get', describeMe());
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fulfillment: admin API',
      version: '1',
      description: [
        'What staff may look at and do. Every change is carried out once per request id, is refused when what it was',
        'decided on has moved, and leaves a row of audit. Buyers’ data is masked.',
      ].join(' '),
    },
    servers: [{ url: '/' }],
    security: [{ accessToken: [] }, { session: [] }],
    paths: Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    components,
  };
}

function describe(operation: AnyOperation, { method, again }: AdminRoute): Json {
  const { name, permission, summary } = operation;
  const byGet = method === 'GET';
  const reason = reasonOf(operation);
  const leavesTrace = !byGet && !again;
  return {
    operationId: again ? `${name}_by_body` : name,
    tags: [tagOf(operation)],
    summary: again ? `${summary}; asked so that no log of a URL keeps it` : summary,
    'x-permission': permission,
    'x-roles': rolesWith(permission),
    'x-reason': reason,
    parameters: [...parametersOf(operation, byGet), ...(leavesTrace ? [requestIdOf(operation)] : [])],
    ...(byGet ? {} : { requestBody: bodyOf(operation, reason) }),
    responses: {
      200: {
        description: 'Done.',
        headers: { ...headers, ...(leavesTrace ? auditHeader : {}) },
        content: { 'application/json': { schema: jsonSchemaOf(operation.output, 'output') } },
      },
      ...problemsOf(byGet ? 'read' : operation.kind === 'change' ? 'change' : 'audited'),
    },
  };
}

const auditHeader = {
  'x-audit-seq': {
    description: 'The number of the row of audit that this has left.',
    schema: { type: 'integer' },
  },
};

/** The first word of the path: what it is about. */
const tagOf = ({ path }: AnyOperation) => path.split('/')[1] ?? '';

function reasonOf(operation: AnyOperation): 'none' | 'optional' | 'required' {
  if (operation.kind === 'change') return operation.reason;
  if (operation.audited === undefined) return 'none';
  try {
    return operation.audited({}).reason;
  } catch {
    // It depends on what is looked at.
    return 'optional';
  }
}

function parametersOf(operation: AnyOperation, byGet: boolean): Json[] {
  const inPath = pathFieldsOf(operation.path);
  return Array.from(fieldsOf(operation.input), ([name, { schema, required }]) => {
    const { description, ...rest } = schema;
    const place = inPath.includes(name) ? 'path' : 'query';
    return {
      name,
      in: place,
      required: place === 'path' || required,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  }).filter((parameter) => byGet || parameter.in === 'path');
}

function requestIdOf({ kind }: AnyOperation): Json {
  return {
    name: 'Idempotency-Key',
    in: 'header',
    required: kind === 'change',
    description:
      'Chosen once per wish, for example a UUID. The same again is answered the same, and done once.',
    schema: { type: 'string', pattern: '^[!-~]{1,200}$' },
  };
}

function bodyOf(operation: AnyOperation, reason: 'none' | 'optional' | 'required'): Json {
  const { properties = {}, required = [], ...schema } = jsonSchemaOf(operation.input, 'input');
  const inPath = pathFieldsOf(operation.path);
  const inBody = (name: string) => !inPath.includes(name);
  const needed = [...required.filter(inBody), ...(reason === 'required' ? ['reason'] : [])];
  const why = {
    type: 'string',
    maxLength: 1_000,
    description: 'Why, in a sentence, for whoever reads the audit later.',
  };
  const own = Object.fromEntries(Object.entries(properties).filter(([name]) => inBody(name)));
  return {
    required: needed.length > 0,
    content: {
      'application/json': {
        schema: {
          ...schema,
          properties: { ...own, ...(reason === 'none' ? {} : { reason: why }) },
          ...(needed.length > 0 ? { required: needed } : {}),
        },
      },
    },
  };
}

function describeMe(): Json {
  return {
    operationId: 'me',
    tags: [meUrl.slice(adminPrefix.length + 1)],
    summary: meSummary,
    'x-permission': 'signed_in',
    responses: {
      200: {
        description: 'You.',
        content: { 'application/json': { schema: jsonSchemaOf(meSchema, 'output') } },
      },
      ...problemsOf('me'),
    },
  };
}
