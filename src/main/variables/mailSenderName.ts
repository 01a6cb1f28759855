import { readAs, words } from './kinds.ts';

/** What turns the direction of writing of what follows: a name could show as another one. */
const turnsWriting = /[\u202A-\u202E\u2066-\u2069]/u;
/** Joiners and variation selectors are invisible too, but Persian, Indic scripts and emoji need them. */
const invisible = /(?!\u200C|\u200D|\uFE0E|\uFE0F)[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
const somethingToSee = /(?!\u200C|\u200D|\uFE0E|\uFE0F)\S/u;

/** A name that stands before the address of a sender. What is accepted appears in inboxes as it is written here. */
export const senderName = (lengthMax: number) =>
  words(lengthMax).pipe(
    readAs((text, refuse) => {
      // RFC 2047 §5: readers decode it, also where it stands between quotes.
      if (text.includes('=?'))
        return refuse('must not contain =?, which mail programs take for encoded text; leave it out');
      // Also between quotes: what providers make of an address is their own affair.
      if (/[<>]/.test(text)) return refuse('must not contain < or >, which stand around addresses');
      if (turnsWriting.test(text))
        return refuse(
          'must not contain characters that turn the direction of writing (U+202A to U+202E, U+2066 to U+2069); remove them',
        );
      if (invisible.test(text))
        return refuse('must not contain invisible characters; type it anew instead of copying it');
      return somethingToSee.test(text) ? text : refuse('must have something to see');
    }),
  );
