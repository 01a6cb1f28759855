import { type Mentions, mentionsOf } from './sqlTables.ts';

export type Verb = 'begin' | 'commit' | 'rollback' | 'other';

/** One statement of a query, as far as a drill needs to understand it. */
export interface Statement extends Mentions {
  verb: Verb;
  /** It ends a transaction and begins the next. */
  chains: boolean;
  text: string;
  /** The text without the contents of its literals: those may be secrets or a buyer's data. */
  outline: string;
}

export type SqlReader = (sql: string) => Statement[];

const rememberedTexts = 500;
const longestRememberedText = 20_000;

/** Reads SQL into statements. Products send the same texts again and again, so the last ones are remembered. */
export function createSqlReader(): SqlReader {
  const known = new Map<string, Statement[]>();
  return (sql) => {
    const remembered = known.get(sql);
    if (remembered) return remembered;
    const statements = readStatements(sql);
    if (sql.length <= longestRememberedText) {
      if (known.size >= rememberedTexts) known.clear();
      known.set(sql, statements);
    }
    return statements;
  };
}

function readStatements(sql: string): Statement[] {
  const plain = withoutLiterals(sql);
  const statements: Statement[] = [];
  let begin = 0;
  for (const piece of plain.split(';')) {
    const outline = oneLine(piece);
    if (outline !== '') {
      statements.push({
        ...verbOf(outline),
        text: oneLine(sql.slice(begin, begin + piece.length)),
        outline,
        ...mentionsOf(piece),
      });
    }
    begin += piece.length + 1;
  }
  return statements;
}

const literals =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\$((?!\d)\w*)\$[\s\S]*?\$\1\$|(?<!\w)[eE]'(?:[^'\\]|\\.)*'|'[^']*'|"[^"]*"/g;

/** Blanks comments and literals and keeps every other character where it is. */
function withoutLiterals(sql: string): string {
  return sql.replace(literals, (found) => {
    if (found.startsWith('"')) return found.replaceAll(';', '_');
    if (found.startsWith('-') || found.startsWith('/')) return ' '.repeat(found.length);
    return `'${' '.repeat(found.length - 2)}'`;
  });
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

function verbOf(outline: string): Pick<Statement, 'verb' | 'chains'> {
  const chains = /\band chain\b/i.test(outline);
  if (/^(?:begin|start transaction)\b/i.test(outline)) return { verb: 'begin', chains: false };
  if (/^(?:commit|end)\b(?! prepared)/i.test(outline)) return { verb: 'commit', chains };
  if (/^(?:rollback|abort)\b(?! prepared)(?!.*\bto\b)/i.test(outline)) return { verb: 'rollback', chains };
  // Its work is neither visible nor undone: the transaction is over for this connection.
  if (/^prepare transaction\b/i.test(outline)) return { verb: 'rollback', chains: false };
  return { verb: 'other', chains: false };
}
