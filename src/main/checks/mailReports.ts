import type { Finding } from '../../cli/duties.ts';
import { isSilent, listenedSince } from '../../domain/mailSilence.ts';
import type { SourceStanding } from '../../ports/evidenceDesk.ts';
import type { ReportStanding } from '../../ports/mailReports.ts';
import { connectOnce } from '../../store/inspection/connectOnce.ts';
import { readSources } from '../../store/mail/evidenceStanding.ts';
import { readReports } from '../../store/mail/reportStandings.ts';
import type { Config } from '../config.ts';
import { createReportReaders, deliverySourceNames } from '../wireMailers.ts';
import { findingsOf, type Check } from './check.ts';

const { ok, note, warning } = findingsOf('mail reports');

/** When what becomes of mails was heard last, of each provider that reports and each place that is looked at. */
export const mailReportsCheck: Check = {
  name: 'mail reports',
  async run({ config }) {
    const expected = createReportReaders(config).map(({ provider }) => provider);
    const sources = deliverySourceNames(config);
    if (expected.length === 0 && sources.length === 0) return [];
    const afterMs = config.mail.evidenceAfterMs;
    const standing = await connectOnce(config.database.readerUrl, async (client) => ({
      reports: await readReports(client, afterMs),
      sources: await readSources(client),
    }));
    const now = new Date();
    return [
      ...expected.map((provider) =>
        judgeReports(
          provider,
          standing.reports.find((one) => one.provider === provider),
          { config, now },
        ),
      ),
      ...sources.map((name) =>
        judgeSource(
          name,
          standing.sources.find((one) => one.name === name),
          now,
        ),
      ),
    ];
  },
};

export function judgeReports(
  provider: string,
  standing: Omit<ReportStanding, 'provider'> | undefined,
  { config, now }: { config: Pick<Config, 'mail' | 'http'>; now: Date },
): Finding {
  const { heardAt = null, expectedSince = null, awaiting = 0 } = standing ?? {};
  const last =
    heardAt === null
      ? `no report of ${provider} has come yet`
      : `last report of ${provider} ${agoText(heardAt, now)}`;
  const since = listenedSince({ expectedSince, heardAt });
  if (isSilent({ since, awaiting, now }, config.mail.evidenceAfterMs))
    return warning(
      `${last}, though ${awaiting} mails or more wait for one`,
      `Look at ${provider} whether its webhook is on and reaches ${config.http.publicBaseUrl}/webhooks/mail/${provider}.`,
    );
  return heardAt === null ? note(last) : ok(last);
}

export function judgeSource(
  name: string,
  standing: Pick<SourceStanding, 'polledAt' | 'failure'> | undefined,
  now: Date,
): Finding {
  const { polledAt = null, failure = null } = standing ?? {};
  const last =
    polledAt === null ? `${name} was never read` : `${name} was last read ${agoText(polledAt, now)}`;
  if (failure !== null)
    return warning(`${last}, and cannot be read (${failure})`, 'Look with: fulfillment mail status');
  if (polledAt === null) return note(`${last}: a worker does that`);
  return now.getTime() - polledAt.getTime() > staleMs
    ? warning(last, 'Look whether a worker runs, and with this configuration.')
    : ok(last);
}

/** Sources are read each minute. */
const staleMs = 15 * 60_000;

function agoText(at: Date, now: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - at.getTime()) / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 2 * 1_440
    ? `${Math.round(minutes / 60)} h ago`
    : `${Math.round(minutes / 1_440)} days ago`;
}
