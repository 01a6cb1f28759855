import type { Duties, Finding } from './duties.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import type { Terminal } from './terminal.ts';

export interface DoctorOptions {
  json: boolean;
  sendTest?: string;
  sendTestVia?: string;
}

/** The name of the configuration's own check: when it fails, the exit code says so. */
export const configurationCheck = 'configuration';

/** Prints one line per check, or one JSON document. */
export async function doctor(
  duties: Pick<Duties, 'examine'>,
  { json, sendTest, sendTestVia }: DoctorOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const findings: Finding[] = [];
  await duties.examine({
    ...(sendTest === undefined ? {} : { sendTestTo: sendTest }),
    ...(sendTestVia === undefined ? {} : { sendTestVia }),
    onFinding(finding) {
      findings.push(finding);
      if (!json) terminal.print(lineOf(finding, terminal));
    },
  });
  const failed = findings.filter(({ state }) => state === 'failed');
  if (json)
    terminal.print(
      JSON.stringify({ schema: 'fulfillment.doctor/1', ok: failed.length === 0, findings }, null, 2),
    );
  terminal.say(summary(findings));
  if (failed.length === 0) return exitCodes.ok;
  if (!failed.some(({ check }) => check === configurationCheck)) return exitCodes.checkFailed;
  terminal.say('Nothing else was checked: mend the configuration first.');
  return exitCodes.usage;
}

function lineOf({ check, state, detail, remedy }: Finding, { printed }: Terminal): string {
  const paint = { ok: printed.green, note: printed.blue, warning: printed.yellow, failed: printed.red }[
    state
  ];
  const line = `${paint(state.padEnd(8))} ${check.padEnd(22)} ${detail}`;
  return remedy === undefined ? line : `${line}\n${' '.repeat(32)}${printed.dim('→')} ${remedy}`;
}

function summary(findings: readonly Finding[]): string {
  const of = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  return `${of('ok')} ok, ${of('note')} to note, ${of('warning')} to look at, ${of('failed')} failed.`;
}
