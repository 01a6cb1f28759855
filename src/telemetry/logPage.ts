import { catalogue, type Entry, type EventName } from './catalogue.ts';
import { fieldForms } from './fields.ts';

/** docs/logs.md: the catalogue as a page, so that it cannot lag behind. */
export function logPage(): string {
  const names = Object.keys(catalogue).toSorted() as EventName[];
  return [head, table(names), ...names.map(section)].join('\n\n');
}

const head = `# Logs

One line of JSON per event on standard output, or on a terminal the same for people to read (\`LOG_FORMAT=auto\`; \`json\` and \`pretty\` force it). \`LOG_LEVEL\` says from which level on.

\`\`\`text
{"level":30,"time":"2026-11-22T10:00:00.000Z","service":"fulfillment-orchestrator","jobId":"019ab3c4-0000-7000-8000-000000000001","latencySeconds":2.4,"slaMet":true,"event":"job.completed"}
\`\`\`

| field                 | holds                                                                        |
| --------------------- | ---------------------------------------------------------------------------- |
| \`level\`               | 20 debug, 30 info, 40 warn, 50 error                                         |
| \`time\`                | ISO 8601, UTC                                                                |
| \`service\`             | always \`fulfillment-orchestrator\`                                            |
| \`event\`               | one of the names below; there are no others                                  |
| \`trace_id\`, \`span_id\` | where the event happened in a trace, in lines that belong to one that is recorded |

Follow one order by its \`jobId\`, which \`fulfillment orders show\` prints, or one incident by \`level\` and \`event\`:

\`\`\`sh
jq -c 'select(.jobId == "019ab3c4-0000-7000-8000-000000000001")' service.log
jq -r 'select(.level >= 50) | [.time, .event, .during // .step, .error // .reason] | @tsv' service.log
\`\`\`

## What is never in it

No name, e-mail address or postal address of a buyer, no text of a mail or of another service's error, no key, token, code or link. Three things keep it so:

1. Only the fields below are written, and only in their form: an id or code has no spaces, a number is a number. Anything else is \`[left out]\`.
2. Every text is scrubbed: \`[address]\`, \`[card]\`, \`[account]\`, \`[secret]\`, \`[token]\`, \`[code]\`, \`[credentials]\` and \`[query]\` stand where something was.
3. Fields of certain names (\`email\`, \`token\`, \`body\`, …) are censored by the logger itself.

## Events

Made from the catalogue by \`npx vitest run src/telemetry/logPage.test.ts --update\`.`;

function table(names: EventName[]): string {
  const rows = names.map(
    (name) => `| [\`${name}\`](#${anchor(name)}) | ${levels(name)} | ${catalogue[name].means} |`,
  );
  return ['| event | level | means |', '| --- | --- | --- |', ...rows].join('\n');
}

const anchor = (name: string) => name.replaceAll('.', '');

function levels(name: EventName): string {
  const { level, unless }: Pick<Entry<never>, 'level'> & { unless?: { words: string } } = catalogue[name];
  return unless ? `${level}; ${unless.words}` : level;
}

function section(name: EventName): string {
  const fields = Object.entries(catalogue[name].fields);
  const title = `### ${name}`;
  if (fields.length === 0) return `${title}\n\nNo fields.`;
  const rows = fields.map(([field, { form, means }]) => `| \`${field}\` | ${fieldForms[form]} | ${means} |`);
  return [title, '', '| field | form | means |', '| --- | --- | --- |', ...rows].join('\n');
}
