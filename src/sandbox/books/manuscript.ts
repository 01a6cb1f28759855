/** The text of an ebook before it becomes a PDF and an EPUB. */
export type Manuscript = {
  slug: string;
  language: 'en' | 'pl';
  title: string;
  subtitle: string;
  author: string;
  /** The book's identity for all time, a UUID. */
  identifier: string;
  /** Ground of the cover, as `#rrggbb`, dark enough for white letters. */
  coverColor: string;
  chapters: Array<{ title: string; paragraphs: string[] }>;
};

export const bookVersion = '1.0.0';

/** The day this edition was made. Fixed, so that the same text always gives the same bytes. */
export const editionDate = new Date('2025-01-15T12:00:00Z');

/** The words of the book itself that are not the author's. */
export const frontMatter: Record<
  Manuscript['language'],
  { contents: string; cover: string; imprint: string[] }
> = {
  en: {
    contents: 'Contents',
    cover: 'Cover',
    imprint: [
      `Edition ${bookVersion}, January 2025.`,
      'This book belongs to the sandbox of a shop. Read it, copy it, give it to a friend.',
      'It is made of plain text, set anew each time it is needed, and always comes out the same.',
    ],
  },
  pl: {
    contents: 'Spis treści',
    cover: 'Okładka',
    imprint: [
      `Wydanie ${bookVersion}, styczeń 2025.`,
      'Ta książka należy do sklepu na próbę. Można ją czytać, kopiować i dać znajomym.',
      'Powstaje ze zwykłego tekstu, składana od nowa za każdym razem, i zawsze wychodzi taka sama.',
    ],
  },
};
