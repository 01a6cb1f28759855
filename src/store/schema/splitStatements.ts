/** One statement of an SQL file. */
export interface Statement {
  /** The text with the comments before it, without the semicolon. */
  sql: string;
  /** Line of the file, from 1, where `sql` begins. */
  textLine: number;
  /** Line of the file where the statement's first word is. */
  line: number;
  /** The first words in lower case, for a look at what kind of statement it is. */
  words: string[];
}

interface Token {
  kind: 'blank' | 'word' | 'open' | 'close' | 'end' | 'other';
  text: string;
}

const WORD = String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`;
const TAG = String.raw`\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$`;
/** The tokens of Postgres as far as they decide whether a semicolon ends a statement (its manual, 4.1 Lexical Structure). */
const TOKEN = new RegExp(
  [
    String.raw`(?<blank>\s+|--[^\n]*)`,
    String.raw`(?<comment>/\*)`,
    String.raw`(?<text>[eE]'(?:[^'\\]|\\.|'')*'?|'[^']*'?|"[^"]*"?)`,
    `(?<tag>${TAG})`,
    `(?<word>${WORD})`,
    String.raw`(?<open>\()`,
    String.raw`(?<close>\))`,
    '(?<end>;)',
    String.raw`(?<other>\d+|[^])`,
  ].join('|'),
  'suy',
);
const WORDS_KEPT = 5;

/**
 * Splits an SQL file at the semicolons that end statements: not those in quotes, comments, brackets and bodies of the
 * form BEGIN ATOMIC … END. What it cannot make sense of it leaves in one piece for Postgres to judge.
 */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let current = startAt(0);
  let offset = 0;
  while (offset < sql.length) {
    const token = nextToken(sql, offset);
    offset += token.text.length;
    if (token.kind === 'end' && current.brackets <= 0 && current.blocks === 0) {
      finish(offset - 1);
      current = startAt(offset);
    } else if (token.kind !== 'blank') {
      take(current, token, offset - token.text.length);
    }
  }
  finish(sql.length);
  return statements;

  function finish(end: number): void {
    const { begin, firstToken, words } = current;
    if (firstToken === undefined) return;
    const text = sql.slice(begin, end);
    const textBegin = begin + (text.length - text.trimStart().length);
    statements.push({
      sql: text.trim(),
      textLine: lineAt(sql, textBegin),
      line: lineAt(sql, firstToken),
      words,
    });
  }
}

interface Progress {
  begin: number;
  firstToken: number | undefined;
  words: string[];
  brackets: number;
  /** Depth of BEGIN ATOMIC and CASE. */
  blocks: number;
}

function startAt(begin: number): Progress {
  return { begin, firstToken: undefined, words: [], brackets: 0, blocks: 0 };
}

function take(progress: Progress, token: Token, offset: number): void {
  progress.firstToken ??= offset;
  if (token.kind === 'open') progress.brackets += 1;
  if (token.kind === 'close') progress.brackets -= 1;
  if (token.kind === 'word') takeWord(progress, token.text.toLowerCase());
}

function takeWord(progress: Progress, word: string): void {
  if (progress.words.length < WORDS_KEPT) progress.words.push(word);
  if (progress.brackets > 0 || !makesRoutine(progress.words)) return;
  if (word === 'begin') progress.blocks += 1;
  else if (progress.blocks > 0 && word === 'case') progress.blocks += 1;
  else if (progress.blocks > 0 && word === 'end') progress.blocks -= 1;
}

function makesRoutine(words: string[]): boolean {
  return /^create (or replace )?(function|procedure)\b/.test(words.join(' '));
}

function nextToken(sql: string, offset: number): Token {
  TOKEN.lastIndex = offset;
  const groups = TOKEN.exec(sql)?.groups ?? {};
  if (groups['blank'] !== undefined) return { kind: 'blank', text: groups['blank'] };
  if (groups['comment'] !== undefined) return { kind: 'blank', text: blockComment(sql, offset) };
  if (groups['tag'] !== undefined) return { kind: 'other', text: dollarQuoted(sql, offset, groups['tag']) };
  for (const kind of ['word', 'open', 'close', 'end'] as const) {
    const text = groups[kind];
    if (text !== undefined) return { kind, text };
  }
  return { kind: 'other', text: groups['text'] ?? groups['other'] ?? sql.slice(offset) };
}

function dollarQuoted(sql: string, offset: number, tag: string): string {
  const close = sql.indexOf(tag, offset + tag.length);
  return sql.slice(offset, close < 0 ? sql.length : close + tag.length);
}

/** Comments of this form nest in Postgres. */
function blockComment(sql: string, offset: number): string {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = offset;
  let depth = 0;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return sql.slice(offset, marks.lastIndex);
  }
  return sql.slice(offset);
}

function lineAt(sql: string, offset: number): number {
  return sql.slice(0, offset).split('\n').length;
}
