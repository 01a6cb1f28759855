import { absolutePath, origin, pattern, secureUrl } from './kinds.ts';
import { type Section, watched } from './variable.ts';

const optional = { optional: true, commands: watched } as const;

export const alerts = {
  title: 'Alerts: whom the sentinel tells (docs/alerts.md)',
  variables: {
    PAGERDUTY_ROUTING_KEY: {
      purpose: 'Integration key of a PagerDuty service, type "Events API v2".',
      example: '0123456789abcdef0123456789abcdef',
      secret: true,
      ...optional,
      schema: pattern(
        /^[A-Za-z0-9]{32}$/,
        'must be the 32 letters and digits of an Events API v2 integration',
      ),
    },
    PAGERDUTY_EVENTS_URL: {
      purpose: 'Where PagerDuty takes events: another in the service region of the European Union.',
      example: 'https://events.eu.pagerduty.com',
      default: 'https://events.pagerduty.com',
      commands: watched,
      schema: origin,
    },
    SLACK_WEBHOOK_URL: {
      purpose:
        'Incoming webhook of a Slack channel; or a bot, whose message is changed when an alert is over.',
      example: 'https://hooks.slack.example/services/T000/B000/XXXX',
      secret: true,
      ...optional,
      schema: secureUrl,
    },
    SLACK_BOT_TOKEN: {
      purpose: 'Token of a Slack bot with the scope chat:write, instead of SLACK_WEBHOOK_URL.',
      example: 'xoxb-000000000000-example',
      secret: true,
      ...optional,
      schema: pattern(/^xox[a-z]-[A-Za-z0-9-]{8,}$/, 'must be a token of a bot: xoxb-…'),
    },
    SLACK_CHANNEL: {
      purpose: 'Channel that the bot is a member of, by its id.',
      example: 'C0123456789',
      ...optional,
      schema: pattern(/^[#A-Za-z0-9_-]{1,80}$/, 'must be the id of a channel, or its name'),
    },
    SLACK_API_URL: {
      purpose: "Slack's API.",
      example: 'https://slack.com/api/',
      default: 'https://slack.com/api/',
      commands: watched,
      schema: secureUrl,
    },
    DEAD_MAN_URL: {
      purpose:
        'Asked for each minute while all is well; the service behind it rings when it hears nothing for a few minutes.',
      example: 'https://hc-ping.example/0a1b2c3d',
      secret: true,
      ...optional,
      schema: secureUrl,
    },
    ALERTMANAGER_TOKEN: {
      purpose:
        'Bearer token by which Alertmanager tells this service what it has told people, at /internal/alertmanager; the sentinel is the second way then.',
      example: 'change-me-to-32-random-characters',
      secret: true,
      ...optional,
      schema: pattern(/^[A-Za-z0-9._~+/=-]{24,200}$/, 'must have 24 to 200 characters of a bearer token'),
    },
    RUNBOOK_URL: {
      purpose: 'The page with a section for each alert, for links in alerts.',
      example: 'https://wiki.books.example/runbooks/ebooks-fulfillment',
      ...optional,
      schema: secureUrl,
    },
    SENTINEL_SPOOL_FILE: {
      purpose:
        'Where the sentinel remembers what it told while the database was away; a directory that outlives it. In the temporary directory when absent.',
      example: '/var/lib/fulfillment/sentinel.json',
      ...optional,
      schema: absolutePath,
    },
  },
} as const satisfies Section;
