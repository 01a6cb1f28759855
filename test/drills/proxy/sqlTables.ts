const part = `(?:"(?:[^"]|"")*"|[a-z_][\\w$]*)`;
const tokens = new RegExp(`${part}(?:\\s*\\.\\s*${part})*|[(),]`, 'g');
const call = new RegExp(`(${part}\\s*\\.\\s*${part})\\s*\\(`, 'g');

/** After these no table of a FROM list can follow a comma. */
const listEnds = new Set(
  'where group having window order limit offset fetch union except intersect for returning set values select do'.split(
    ' ',
  ),
);
/** Words between a command and its table. */
const fillers = new Set(['only', 'table', 'if', 'not', 'exists', 'concurrently', 'lateral']);
/** Functions with a FROM of their own. */
const fromFunctions = new Set(['extract', 'substring', 'trim', 'overlay', 'position']);

interface Level {
  /** Whether a comma here leads to another table. */
  inList: boolean;
  /** Whether FROM here belongs to a function. */
  inFunction: boolean;
}

export interface Mentions {
  /** Every table it mentions, by the name it gives it, in lower case. */
  tables: string[];
  /** Those of them it changes. */
  writes: string[];
  /** The functions it calls by a name with a schema: they may change anything. */
  calls: string[];
}

/**
 * The tables and functions a statement without literals names, in lower case and as qualified as it says.
 * A reading for drills, not a parser: it knows the commands, FROM lists, joins and WITH.
 */
export function mentionsOf(statement: string): Mentions {
  const found = statement.toLowerCase().match(tokens) ?? [];
  const words = found.map((word) => word.replace(/"|\s+/g, ''));
  const named = namedHere(words);
  const tables = new Set<string>();
  const writes = new Set<string>();
  const levels: Level[] = [{ inList: false, inFunction: false }];
  for (const [at, word] of words.entries()) {
    const level = levels.at(-1) ?? { inList: false, inFunction: false };
    if (word === '(') levels.push({ inList: false, inFunction: fromFunctions.has(words[at - 1] ?? '') });
    else if (word === ')' && levels.length > 1) levels.pop();
    else if (listEnds.has(word)) level.inList = false;
    const role = roleAt(words, at, level);
    if (!role) continue;
    if (role === 'reads' && word !== 'join' && word !== ',') level.inList = true;
    const table = tableAfter(words, at, role);
    if (table === undefined || named.has(table)) continue;
    tables.add(table);
    if (role === 'writes') writes.add(table);
  }
  return {
    tables: [...tables],
    writes: [...writes],
    calls: callsOf(statement).filter((name) => !tables.has(name)),
  };
}

/** What a table after this word would be used for; undefined when none can follow. */
function roleAt(words: string[], at: number, level: Level): 'reads' | 'writes' | undefined {
  const before = words[at - 1];
  switch (words[at]) {
    case ',':
      return level.inList ? 'reads' : undefined;
    case 'join':
    case 'using':
      return 'reads';
    case 'from':
      if (before === 'delete') return 'writes';
      return level.inFunction || before === 'distinct' ? undefined : 'reads';
    case 'into':
    case 'truncate':
      return 'writes';
    case 'update':
      // Not FOR UPDATE, FOR NO KEY UPDATE, ON CONFLICT DO UPDATE, WHEN MATCHED THEN UPDATE.
      return /^(?:for|key|do|then)$/.test(before ?? '') ? undefined : 'writes';
    case 'table':
      return before === 'truncate' ? undefined : before === 'lock' ? 'reads' : 'writes';
    default:
      return undefined;
  }
}

function tableAfter(words: string[], at: number, role: 'reads' | 'writes'): string | undefined {
  let next = at + 1;
  while (fillers.has(words[next] ?? '')) next += 1;
  const word = words[next];
  if (word === undefined || word === '(' || word === ')' || word === ',') return undefined;
  // A function in FROM; after INTO the bracket holds the columns.
  if (role === 'reads' && words[next + 1] === '(') return undefined;
  return word;
}

function callsOf(statement: string): string[] {
  const found = [...statement.toLowerCase().matchAll(call)].map(([, name = '']) =>
    name.replace(/"|\s+/g, ''),
  );
  return [...new Set(found)];
}

/** The names a WITH gives to its parts. */
function namedHere(words: string[]): Set<string> {
  const names = new Set<string>();
  for (const [at, word] of words.entries()) {
    const opens = words[at + 1] === 'as' && /^(?:\(|materialized|not)$/.test(words[at + 2] ?? '');
    if (opens && /^\w+$/.test(word)) names.add(word);
  }
  return names;
}
