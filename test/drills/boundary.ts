import { type FailpointName, failpointNames, type FailpointSite } from '../../src/domain/failpoint.ts';

/** A boundary of one piece of work, as `<failpoint> <work>`: the same for every order, however jobs are grouped. */
export type Boundary = string;

const orderIds = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/g;
const refundIds = /\bre_[A-Za-z0-9]+/g;

/** The boundaries that a site stands for: one for each piece of work that is under way there. */
export const boundariesAt = (name: FailpointName, { work }: FailpointSite): Boundary[] =>
  work.length === 0
    ? [name]
    : work.map((piece) => `${name} ${piece.replace(orderIds, '<order>').replace(refundIds, '<refund>')}`);

export function failpointOf(boundary: Boundary): FailpointName {
  const name = failpointNames.find((one) => boundary === one || boundary.startsWith(`${one} `));
  if (!name) throw new Error(`There is no failpoint in ${boundary}.`);
  return name;
}

/** Where something outside or in the database has happened, and only the answer to it can be lost. */
export const answersCanBeLostAt = (boundary: Boundary): boolean =>
  ['after_call', 'committed'].includes(failpointOf(boundary));

const unlike = [
  / resolve_order$/,
  / email\/receipt/,
  / storage\/copy:1:pdf$/,
  /^claimed$/,
  / read_money$/,
  / settle_mail\//,
];

/** Those of steps that are unlike each other: one that reads, one that sends a mail, one that stores a file. */
export const ofUnlikeSteps = (boundaries: Boundary[]): Boundary[] =>
  boundaries.filter((boundary) => unlike.some((pattern) => pattern.test(boundary)));
