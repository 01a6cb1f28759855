import { hostName, origin, origins, secureUrl, wholeNumber } from './kinds.ts';
import { trustedProxies } from './trustedProxies.ts';
import { listening, running, type Section, watched } from './variable.ts';

export const http = {
  title: 'HTTP',
  variables: {
    HOST: {
      purpose: 'Address to listen on; 0.0.0.0 inside a container.',
      example: '0.0.0.0',
      default: '127.0.0.1',
      commands: [...listening, 'worker', 'sentinel'],
      schema: hostName,
    },
    PORT: {
      purpose: 'Port to listen on; 0 asks for a free one.',
      example: '8080',
      default: '8080',
      commands: listening,
      schema: wholeNumber({ min: 0, max: 65_535 }),
    },
    METRICS_PORT: {
      purpose:
        'Port at which a process that serves no buyers (fulfillment worker, fulfillment sentinel) shows /healthz, /readyz and /metrics; nothing when absent. fulfillment serve shows them at PORT.',
      example: '9464',
      optional: true,
      commands: ['worker', 'sentinel'],
      schema: wholeNumber({ min: 1, max: 65_535 }),
    },
    PUBLIC_BASE_URL: {
      purpose: 'Where the world reaches this service: the links in mails and the webhook begin with it.',
      example: 'https://api.books.example',
      commands: watched,
      schema: origin,
    },
    SHELF_URL: {
      purpose: "The shop's own page on which a signed-in buyer sees their shelf; mails link to it.",
      example: 'https://books.example/shelf',
      commands: running,
      schema: secureUrl,
    },
    CLAIM_URL: {
      purpose:
        "The shop's own page on which a signed-in buyer types the code that takes a guest's purchase into an account. Without it codes are mailed with SHELF_URL, and nobody is reminded of what waits.",
      example: 'https://books.example/claim',
      optional: true,
      commands: running,
      schema: secureUrl,
    },
    ALLOWED_ORIGINS: {
      purpose: 'Origins of pages that may call shelf and checkout from a browser, separated by commas.',
      example: 'https://books.example',
      default: '',
      commands: listening,
      schema: origins,
    },
    TRUST_PROXY: {
      purpose:
        "Proxies in front, which name the client's address in X-Forwarded-For: their addresses and networks, separated by commas, also the word loopback; false when there are none. true would believe everybody, and is refused in production: limits go by that address.",
      example: 'loopback,10.0.0.0/8',
      default: 'false',
      commands: listening,
      schema: trustedProxies,
    },
  },
} as const satisfies Section;
