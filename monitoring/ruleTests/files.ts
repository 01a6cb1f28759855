import { alertCases } from './alerts.ts';
import { caseDocument, type RuleCase } from './case.ts';
import { dailyCases } from './daily.ts';
import { hourCases } from './hours.ts';
import { selfCases } from './self.ts';
import { sloCases } from './slo.ts';

interface TestFile {
  ruleFiles: readonly string[];
  cases: readonly RuleCase[];
  /** Between two scrapes, and between two evaluations: no multiple of each other, so that they seldom meet. */
  scraped: string;
  evaluated: string;
}

const files: Readonly<Record<string, TestFile>> = {
  alerts: { ruleFiles: ['alerts'], cases: alertCases, scraped: '15s', evaluated: '7s' },
  daily: { ruleFiles: ['alerts'], cases: dailyCases, scraped: '4m', evaluated: '13m' },
  hours: { ruleFiles: ['alerts'], cases: hourCases, scraped: '15s', evaluated: '67s' },
  slo: { ruleFiles: ['recording', 'slo'], cases: sloCases, scraped: '1m', evaluated: '70s' },
  self: { ruleFiles: ['self'], cases: selfCases, scraped: '15s', evaluated: '7s' },
};

/** Files of tests by name, as promtool reads them. */
export const testFiles = Object.fromEntries(
  Object.entries(files).map(([name, file]) => [
    name,
    {
      rule_files: file.ruleFiles.map((rules) => `${rules}.rules.yml`),
      evaluation_interval: file.evaluated,
      tests: file.cases.map((each) => caseDocument(each, file.scraped)),
    },
  ]),
);

export const allCases: readonly RuleCase[] = Object.values(files).flatMap(({ cases }) => cases);
