import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { buyersOpenApi } from '../../src/http/buyersApi/openApi.ts';

const document = buyersOpenApi();
const documentId = 'buyers.json';
const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats.default(ajv);
ajv.addSchema(document, documentId);

const compiled = new Map<string, ValidateFunction | undefined>();

/** The check of one answer; undefined: the document does not know of such an answer. */
function checkOf(...place: string[]): ValidateFunction | undefined {
  const pointer = ['paths', ...place, 'schema']
    .map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1'))
    .join('/');
  if (!compiled.has(pointer)) compiled.set(pointer, compile(pointer));
  return compiled.get(pointer);
}

function compile(pointer: string): ValidateFunction | undefined {
  try {
    return ajv.compile({ $ref: `${documentId}#/${encodeURI(pointer)}` });
  } catch {
    return undefined;
  }
}

const covered = /^\/v1\/(?:shelf|checkout)/;

/** Holds every JSON answer of the buyers' API against its document; one that differs is answered as what is wrong with it. */
export function insistOnDocumentedAnswers(server: FastifyInstance): void {
  server.addHook('onSend', async (request, reply, payload) => {
    const { url = '' } = request.routeOptions;
    const [contentType = ''] = String(reply.getHeader('content-type')).split(';');
    if (!covered.test(url) || request.method === 'OPTIONS' || !contentType.endsWith('json')) return payload;
    const path = url.replaceAll(/:(\w+)/g, '{$1}');
    const method = request.method.toLowerCase();
    const check = checkOf(path, method, 'responses', String(reply.statusCode), 'content', contentType);
    if (!check) return `"not documented: ${method} ${path} ${reply.statusCode} ${contentType}"`;
    return check(JSON.parse(String(payload))) ? payload : JSON.stringify({ notAsDocumented: check.errors });
  });
}
