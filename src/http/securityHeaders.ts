import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** Nothing may be loaded, framed or submitted; pages add their own style sheet to it. */
const strictPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The strict policy with exactly these inline style sheets allowed, and forms that go to our own origin where a page has
 * one. No script ever runs.
 */
export function pagePolicy(styleSheets: string[], { ownForms = false } = {}): string {
  const base = ownForms ? strictPolicy.replace("form-action 'none'", "form-action 'self'") : strictPolicy;
  if (styleSheets.length === 0) return base;
  const hashes = styleSheets.map((css) => `'sha256-${createHash('sha256').update(css).digest('base64')}'`);
  return `${base}; style-src ${hashes.join(' ')}`;
}

/** Headers that every answer carries, whatever it is. Tokens stand in our URLs: no referrer, no index, no guessing. */
export function everyAnswerHeaders(publicBaseUrl: string): Record<string, string> {
  return {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex, nofollow',
    'content-security-policy': strictPolicy,
    ...(publicBaseUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}

export function addSecurityHeaders(server: FastifyInstance, publicBaseUrl: string): void {
  const headers = everyAnswerHeaders(publicBaseUrl);
  server.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...headers, 'x-request-id': request.id });
  });
}
