import {
  defaultMarking,
  type MarkedPages,
  type Marking,
  type MarkingPolicy,
  type MarkingText,
} from '../domain/copyMark.ts';
import type { Located, LocatedMap, LocatedText } from './located.ts';
import type { Problems } from './problems.ts';

/** Characters. With name and shop in it the line stays within what a page has room for. */
const textMax = 200;
const placeholders = ['name', 'order', 'shop'];
const everyMax = 1000;

/**
 * What is said of marking, over what is said for all products. What is wrong is told, and the default stands for it.
 */
export function readMarking(given: LocatedMap | undefined, base: Marking, problems: Problems): Marking {
  if (!given) return base;
  const policy = given.entries.get('policy');
  const pages = given.entries.get('pages');
  const text = given.entries.get('text');
  return {
    policy: policy ? readPolicy(policy, problems) : base.policy,
    pages: pages ? readPages(pages, problems) : base.pages,
    text: text ? { ...base.text, ...readTexts(text, problems) } : base.text,
  };
}

const policyWords: ReadonlyMap<string, MarkingPolicy> = new Map([
  ['block', 'block'],
  ['generic', 'generic'],
  ['generic mark', 'generic'],
  ['plain', 'plain'],
  ['plain with finding', 'plain'],
]);

function readPolicy(given: Located, problems: Problems): MarkingPolicy {
  const policy =
    given.kind === 'text' ? policyWords.get(given.text.toLowerCase().replaceAll(/[\s_-]+/g, ' ')) : undefined;
  if (policy) return policy;
  problems.add(
    given,
    'There is no such policy of marking.',
    'Write block (nothing is sold that cannot be marked in full), generic mark, or plain with finding.',
  );
  return defaultMarking.policy;
}

function readPages(given: Located, problems: Problems): MarkedPages {
  const text = given.kind === 'text' ? given.text.toLowerCase() : everyOf(given);
  if (text === 'all' || text === 'first') return text;
  const every = Number(/^every (\d{1,4})$/.exec(text ?? '')?.[1]);
  if (every === 1) return 'all';
  if (every > 1 && every <= everyMax) return { every };
  problems.add(
    given,
    'These are no pages.',
    `Write all, first, or every 5, with a number from 1 to ${everyMax}.`,
  );
  return defaultMarking.pages;
}

function everyOf(given: Located): string | undefined {
  const every = given.kind === 'map' && given.entries.size === 1 ? given.entries.get('every') : undefined;
  return every?.kind === 'text' ? `every ${every.text}` : undefined;
}

function readTexts(given: Located, problems: Problems): MarkingText {
  if (given.kind !== 'map') {
    problems.add(
      given,
      'Texts of the mark stand by language.',
      'Write en: Licensed to {name} · order {order}',
    );
    return {};
  }
  const texts: MarkingText = {};
  for (const [language, text] of given.entries) {
    if (!/^[a-z]{2}$/.test(language))
      problems.add(
        text,
        `“${language.slice(0, 20)}” is no language.`,
        'Write an ISO 639-1 code, for example en or pl.',
      );
    else if (text.kind === 'text' && isText(text, problems)) texts[language] = text.text;
    else if (text.kind !== 'text') problems.add(text, 'The text of the mark is no text.', 'Write one line.');
  }
  return texts;
}

function isText(given: LocatedText, problems: Problems): boolean {
  const { text } = given;
  const before = problems.count();
  const names = Array.from(text.matchAll(/\{([^{}]*)\}/g), ([, name = '']) => name);
  for (const name of names.filter((one) => !placeholders.includes(one)))
    problems.add(
      given,
      `There is no placeholder {${name.slice(0, 30)}}.`,
      'Use {name}, {order} and {shop}; they are written exactly so.',
    );
  if (/[{}]/.test(text.replaceAll(/\{[^{}]*\}/g, '')))
    problems.add(
      given,
      'A brace stands alone in the text.',
      'Braces belong to {name}, {order} and {shop} only.',
    );
  if (!names.includes('order'))
    problems.add(
      given,
      'The text does not say {order}.',
      'Add {order}: a mark that names no order tells nobody where a copy came from.',
    );
  if (Array.from(text).length > textMax)
    problems.add(
      given,
      `The text has more than ${textMax} characters.`,
      'Shorten it: it is one line at the foot of a page.',
    );
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/.test(text))
    problems.add(
      given,
      'The text has a line break or another character that cannot be printed.',
      'Write it in one line.',
    );
  return problems.count() === before;
}
