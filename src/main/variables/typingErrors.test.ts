import { describe, expect, it } from 'vitest';
import { variableNames } from '../variables.ts';
import { editDistance, probablyMeant } from './typingErrors.ts';

describe('typing errors', () => {
  it.each([
    ['', 'abc', 3],
    ['SMTP_HOST', 'SMTP_HOST', 0],
    ['SMTP_HSOT', 'SMTP_HOST', 2],
    ['kitten', 'sitting', 3],
  ])('are counted as letters to change: %s and %s', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance);
  });

  it.each([
    ['SMTP_PASWORD', 'SMTP_PASSWORD'],
    ['STRIPE_WEBHOOK_SECRET', 'STRIPE_WEBHOOK_SECRETS'],
    ['FULFILMENT_START_DATE', 'FULFILLMENT_START_DATE'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['SHOP_COLOR', 'SHOP_COLOUR'],
  ])('are recognised: %s', (name, meant) => {
    expect(probablyMeant(name, variableNames)).toBe(meant);
  });

  it.each([
    'HOME',
    'PATH',
    'PWD',
    'HOSTNAME',
    'USER',
    'LANG',
    'SHELL',
    'SSL_CERT_DIR',
    'NODE_ENV',
    'TERM',
    'DATABASE_URL',
  ])('are not seen in %s, which belongs to others', (name) =>
    expect(probablyMeant(name, variableNames)).toBeUndefined(),
  );
});
