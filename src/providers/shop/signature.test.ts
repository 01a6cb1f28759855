import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { shopKeyOf, signedHeaders } from './signature.ts';

const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}`;
const [older, newer] = [secretOf(randomBytes(24)), secretOf(randomBytes(64))];
const bodies = ['{}', '{"type":"order.fulfilled","data":{"title":"Zażółć „gęślą” 🎉"}}', '{\n  "a": 1\n}\n'];

const signed = (body: string, secrets: string[], sentAt = new Date()) =>
  signedHeaders({ id: 'msg_2Q', sentAt, body }, secrets.map(shopKeyOf));

describe('the signature of a message to the shop', () => {
  it.each(bodies)('of %j is accepted by the library of Standard Webhooks', (body) => {
    for (const secret of [older, newer])
      expect(new Webhook(secret).verify(body, signed(body, [secret]))).toEqual(JSON.parse(body));
  });

  it('is accepted with either secret while one is exchanged for the other', () => {
    const headers = signed('{}', [newer, older]);
    for (const secret of [older, newer]) expect(new Webhook(secret).verify('{}', headers)).toEqual({});
  });

  it('is the very one that the library makes', () => {
    const sentAt = new Date('2026-11-22T10:00:00.999Z');
    const headers = signed('{"a":1}', [older], sentAt);
    expect(headers['webhook-signature']).toBe(new Webhook(older).sign('msg_2Q', sentAt, '{"a":1}'));
  });

  it('is refused with another secret, id or body, and when it is old', () => {
    const headers = signed('{}', [older]);
    const refused = (secret: string, body: string, changed: Record<string, string> = {}) =>
      expect(() => new Webhook(secret).verify(body, { ...headers, ...changed })).toThrow();
    refused(newer, '{}');
    refused(older, '{ }');
    refused(older, '{}', { 'webhook-id': 'msg_2R' });
    refused(older, '{}', signed('{}', [older], new Date(Date.now() - 6 * 60_000)));
  });
});
