import { z } from 'zod';
import type { FoundMark } from '../../../ports/bookMarking.ts';
import { exitCodes } from '../../exitCodes.ts';
import { safeText } from '../../output/safeText.ts';
import { utcText } from '../../output/times.ts';
import { hanging } from '../../output/textWidth.ts';
import type { AdminRun, Page } from '../adminRun.ts';
import { type AdminCommand, argumentOf } from '../command.ts';

const text = z.string().nullable();
const view = z.looseObject({
  copy: z
    .looseObject({
      orderId: z.string(),
      lineNo: z.number(),
      productId: text,
      title: text,
      version: text,
      format: z.string(),
      storedAt: z.string(),
      paidAt: text,
      buyer: z.looseObject({ email: text, name: text }),
      entitlement: text,
    })
    .nullable(),
});
type Copy = NonNullable<z.infer<typeof view>['copy']>;

/** A file may be made to hold any number of codes. */
const codesMax = 20;
const codeForm = /^[A-Z0-9-]{1,64}$/;

interface Marked {
  code: string;
  /** How often it was found where. */
  carriers: Record<string, number>;
  copy: Copy | null;
}

/** Names the order that a copy was made for. */
export const verifyCommand: AdminCommand = {
  words: 'verify',
  calls: ['copies:trace'],
  changes: false,
  summary: 'name the order that a copy of a book was made for, by its hidden marks',
  about:
    'The file is read here and goes nowhere: only the codes of its marks are looked up. Ends with 3 when it has no mark, or none that names an order.',
  arguments: [['<file>', 'a PDF or EPUB, also one that was cut or saved anew']],
  examples: [
    ['fulfillment verify leaked.pdf', 'whose copy is this?'],
    ['fulfillment verify leaked.epub --json | jq -r .marks[].copy.orderId', ''],
  ],
  async run(run, given) {
    const file = argumentOf(given);
    const found = await run.marks().find(file, run.signal);
    const { codes, left } = codesOf(found);
    const marks: Marked[] = [];
    for (const [code, carriers] of codes) marks.push({ code, carriers, copy: await copyOf(run, code) });
    const known = marks.filter(({ copy }) => copy !== null).length;
    const combined = codes.length + left > 1;
    run.show({ ok: known > 0, file, combined, marks, codesLeftOut: left }, (page) =>
      marks.length === 0
        ? nothingLines(page)
        : [
            ...marks.flatMap((mark) => markLines(mark, page)),
            ...(combined ? hanging(combinedWords, page.columns).map(page.paint.yellow) : []),
            ...(left > 0 ? [`${left} more codes were not looked up.`] : []),
          ],
    );
    return known > 0 ? exitCodes.ok : exitCodes.notFound;
  },
};

function codesOf(found: readonly FoundMark[]) {
  const codes = new Map<string, Record<string, number>>();
  for (const { code, carrier } of found) {
    if (!codeForm.test(code)) continue;
    const carriers = codes.get(code) ?? {};
    carriers[carrier] = (carriers[carrier] ?? 0) + 1;
    codes.set(code, carriers);
  }
  const all = [...codes];
  return { codes: all.slice(0, codesMax), left: Math.max(0, all.length - codesMax) };
}

async function copyOf(run: AdminRun, code: string): Promise<Copy | null> {
  const { seen } = await run.read('copies:trace', { code }, view);
  return seen.copy;
}

const combinedWords =
  'Marks of several copies are in this file: copies were combined, or a mark was put in on purpose. Look at every order before you accuse anybody.';

function markLines({ code, carriers, copy }: Marked, { columns, paint }: Page): string[] {
  const where = `Marks found: ${Object.entries(carriers)
    .map(
      ([carrier, times]) =>
        `${safeText(carrier).replaceAll('_', ' ')}${times > 1 ? ` (${times} times)` : ''}`,
    )
    .join(', ')}.`;
  if (!copy)
    return [
      ...hanging(
        `Marked by us? It has the mark ${code}, and no copy of ours is known by it: it may be of another shop, of a database that was put back, or made up.`,
        columns,
      ).map(paint.yellow),
      ...hanging(where, columns),
    ];
  const { orderId, lineNo, productId, title, version, format, paidAt, storedAt, buyer, entitlement } = copy;
  const book = `${productId ?? title ?? 'unknown book'} ${version ?? ''}`.trim();
  const bought = paidAt === null ? '' : `, bought ${utcText(paidAt).slice(0, 10)}`;
  const who = [buyer.name, buyer.email].filter((part) => part !== null).join(', ');
  return [
    ...hanging(
      `This copy was made for order ${orderId} line ${lineNo} (${book}, ${format.toUpperCase()})${bought}.`,
      columns,
    ),
    ...hanging(where, columns),
    ...hanging(
      `Buyer: ${who || 'not known'}. Stored ${utcText(storedAt)}. Access to the book: ${entitlement === null ? 'not granted yet' : (accessWords[entitlement] ?? entitlement)}.`,
      columns,
    ),
    `Next: fulfillment orders show ${orderId}`,
  ];
}

const nothingLines = ({ columns, paint }: Page) => [
  paint.yellow('No mark of ours is in this file.'),
  ...hanging(
    'It was bought elsewhere, sold unmarked, or made from what the eye sees: printed, photographed, typed. Look whether the visible line is still there.',
    columns,
  ),
];

const accessWords: Record<string, string> = {
  processing: 'being prepared',
  pending_claim: 'active, claimed by nobody yet',
};
