import { postgresUrl, trueOrFalse, wholeNumber } from './kinds.ts';
import { listening, running, type Section, watched } from './variable.ts';

const url = (role: string) => `postgres://${role}:change-me@db.books.example:5432/postgres`;
const role = { secret: true, optionalFor: ['migrate'], schema: postgresUrl } as const;

export const database = {
  title: 'Database (Postgres 15 or later)',
  variables: {
    DATABASE_URL_INTAKE: {
      purpose: 'Database as the role fulfillment_intake, which may accept events and nothing else.',
      example: url('fulfillment_intake'),
      commands: listening,
      ...role,
    },
    DATABASE_URL_WORKER: {
      purpose: 'Database as the role fulfillment_worker, which does the work.',
      example: url('fulfillment_worker'),
      commands: watched,
      ...role,
    },
    DATABASE_URL_DIRECT: {
      purpose:
        'Database as the role fulfillment_worker without a transaction pooler (a direct connection, or a pooler in session mode), on which workers hear of new work at once; DATABASE_URL_WORKER when absent. Where LISTEN does not work, polling alone finds the work.',
      example: url('fulfillment_worker'),
      optional: true,
      commands: running,
      secret: true,
      schema: postgresUrl,
    },
    DATABASE_NAMED_STATEMENTS: {
      purpose:
        'Whether Postgres may plan each statement once per connection, which saves a third of its work. Not behind a transaction pooler.',
      example: 'true',
      default: 'false',
      commands: running,
      schema: trueOrFalse,
    },
    DATABASE_URL_SHELF: {
      purpose: 'Database as the role fulfillment_shelf, which serves buyers.',
      example: url('fulfillment_shelf'),
      commands: listening,
      ...role,
    },
    DATABASE_URL_READER: {
      purpose: 'Database as the role fulfillment_reader, which counts for metrics and changes nothing.',
      example: url('fulfillment_reader'),
      commands: [...listening, 'sentinel'],
      optionalFor: ['migrate', 'worker'],
      secret: true,
      schema: postgresUrl,
    },
    DATABASE_URL_OPERATIONS: {
      purpose:
        'Database as the role fulfillment_operations, which acts for staff; without it there is no admin API.',
      example: url('fulfillment_operations'),
      optional: true,
      commands: listening,
      ...role,
    },
    DATABASE_URL_MIGRATOR: {
      purpose: 'Database as the owner of the schema, for migrations; keep it away from the running service.',
      example: url('postgres'),
      secret: true,
      commands: ['migrate'],
      optionalFor: ['doctor'],
      schema: postgresUrl,
    },
    DATABASE_CONNECTIONS_MAX: {
      purpose: 'Most connections of one role in one process.',
      example: '10',
      default: '10',
      commands: running,
      schema: wholeNumber({ min: 1, max: 200 }),
    },
  },
} as const satisfies Section;
