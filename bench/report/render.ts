import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ResultsDocument, Run } from '../harness/resultsFile.ts';
import { readResults } from '../harness/resultsFile.ts';
import { questions } from '../questions/questions.ts';
import { answersTo } from './answers.ts';
import { renderMustHold } from './mustHold.ts';
import { renderSection } from './section.ts';
import { markdownTable } from './words.ts';

/** `npm run report [-- results/<date>.json [target.md]]`: writes RESULTS.md from the results, the newest unless said. */

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const [source = newestResults(), target = here('../RESULTS.md')] = process.argv.slice(2);
writeFileSync(target, render(readResults(source), source));
process.stdout.write(`${source} → ${target}\n`);

function newestResults(): string {
  const folder = here('../results');
  const newest = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .at(-1);
  if (newest === undefined) throw new Error('There are no results yet: run `npm run bench` first.');
  return here(`../results/${newest}`);
}

function render(document: ResultsDocument, path: string): string {
  const run = document.runs.at(-1);
  if (!run) throw new Error(`${path} holds no run.`);
  const sections = questions.flatMap((question) => {
    const answers = answersTo(document, question.name);
    return answers ? [renderSection(question, answers)] : [];
  });
  return `${[renderHead(run, path), renderMustHold(document), ...sections].join('\n\n')}\n`;
}

function renderHead({ machine, versions, postgresSettings }: Run, path: string): string {
  const settings = Object.entries(postgresSettings).map(([name, value]) => `\`${name} = ${value}\``);
  return [
    '# Results',
    `Written by \`npm run report\` from \`results/${path.split('/').at(-1)}\`. How it was measured, and what is fair about it, is in [README.md](README.md). Figures are medians with (min–max) where there was more than one run.`,
    `${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB, ${machine.kernel}. Postgres: ${settings.join(', ')}; durability as it comes.`,
    markdownTable(['what', 'version'], Object.entries(versions)),
  ].join('\n\n');
}
