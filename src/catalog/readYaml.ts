import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLError,
} from 'yaml';
import type { Located, Place } from './located.ts';
import type { Problems } from './problems.ts';

/** What a catalogue of some thousand products needs; an alias that multiplies itself ends here. */
const partsMax = 50_000;
const depthMax = 12;

class TooMuch extends Error {}

/**
 * Reads YAML into texts with their places. Every plain value is the text that stands there: `version: 1.0` stays `1.0`,
 * `language: no` stays `no`, and an amount is never a float. Tags are refused.
 */
export function readYaml(text: string, problems: Problems): Located | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    // Looked at below: the parser compares every key with every other one.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    logLevel: 'error',
  });
  const placeOf = (offset: number, field: string): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), field };
  };
  for (const error of [...document.errors, ...document.warnings])
    problems.add(
      placeOf(error.pos[0], ''),
      sentenceOf(error),
      remedies[error.code] ?? 'Correct the YAML there.',
    );
  if (document.errors.length > 0) return undefined;

  let parts = 0;
  function locate(node: unknown, field: string, depth: number): Located {
    parts += 1;
    if (parts > partsMax || depth > depthMax) throw new TooMuch();
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    const place = placeOf(offset, field);
    if (isAlias(node)) return locate(node.resolve(document) ?? null, field, depth + 1);
    if (isScalar(node)) return { kind: 'text', text: textOf(node), ...place };
    if (isSeq(node))
      return {
        kind: 'list',
        items: node.items.map((item, at) => locate(item, `${field}[${at + 1}]`, depth + 1)),
        ...place,
      };
    if (!isMap(node)) return { kind: 'text', text: '', ...place };
    const entries = new Map<string, Located>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? textOf(key) : '';
      const located = locate(value, field === '' ? name : `${field}.${name}`, depth + 1);
      // An empty value has no place of its own.
      const keyPlace = placeOf((key as Node | null)?.range?.[0] ?? offset, located.field);
      if (entries.has(name))
        problems.add(keyPlace, `${name || 'An empty name'} is there twice.`, 'Remove one of the two.');
      entries.set(name, value === null || isAlias(value) ? { ...located, ...keyPlace } : located);
    }
    return { kind: 'map', entries, ...place };
  }

  try {
    return locate(document.contents, '', 0);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    problems.add(
      { line: 1, column: 1, field: '' },
      'The file unfolds into far more than a catalogue needs.',
      'Remove anchors (&) and aliases (*) that contain each other, or split the catalogue into several files.',
    );
    return undefined;
  }
}

/** All scalars of the schema are texts; what programs write for nothing is nothing. */
function textOf({ value, type }: Scalar): string {
  if (typeof value !== 'string') return '';
  return type === 'PLAIN' && /^(null|Null|NULL|~)$/.test(value) ? '' : value;
}

const remedies: Partial<Record<YAMLError['code'], string>> = {
  TAG_RESOLVE_FAILED: 'Remove the tag: values are plain texts here.',
  TAB_AS_INDENT: 'Indent by spaces.',
  BAD_INDENT: 'Indent by the same number of spaces as the lines beside it.',
  MULTIPLE_DOCS: 'Keep one document: remove what follows the line ---.',
};

const sentenceOf = ({ message }: YAMLError) =>
  `This is not valid YAML: ${(message.split('\n')[0] ?? '').replace(/[.:]$/, '')}.`;
