import { bookFiles, container, encryption, packageDocument, zipped, type Files } from './epubBooks.ts';

const entityBomb = `<!DOCTYPE package [<!ENTITY a "aaaaaaaaaa">${Array.from(
  { length: 30 },
  (_, index) => `<!ENTITY a${index} "${`&a${index === 0 ? '' : index - 1};`.repeat(10)}">`,
).join('')}]>\n`;

/** Books that cannot be sold, and the one finding that says so. */
export function hostileEpubs(): Record<string, { book: Buffer; finding: string }> {
  const sound = bookFiles();
  const book = zipped(sound);
  const with_ = (changes: Files) => zipped({ ...sound, ...changes });
  const without = (name: string) =>
    zipped(Object.fromEntries(Object.entries(sound).filter(([one]) => one !== name)));
  const patched = (change: (bytes: Buffer) => void) => {
    const copy = Buffer.from(book);
    change(copy);
    return copy;
  };
  const opf = packageDocument();
  const at = (text: string) => book.indexOf(text);
  return {
    empty: { book: Buffer.alloc(0), finding: 'not_an_epub' },
    text: { book: Buffer.from('PKnot a zip'), finding: 'not_an_epub' },
    header_alone: { book: book.subarray(0, 20), finding: 'damaged' },
    cut_early: { book: book.subarray(0, 60), finding: 'damaged' },
    cut_half: { book: book.subarray(0, book.length / 2), finding: 'damaged' },
    cut_late: { book: book.subarray(0, -10), finding: 'damaged' },
    another_archive: { book: zipped({ 'word/document.xml': '<a/>' }), finding: 'not_an_epub' },
    another_type: { book: with_({ mimetype: 'application/zip' }), finding: 'not_an_epub' },
    no_container: { book: without('META-INF/container.xml'), finding: 'damaged' },
    no_package: { book: without('OEBPS/book.opf'), finding: 'damaged' },
    missing_chapter: { book: without('OEBPS/c2.xhtml'), finding: 'damaged' },
    wrong_checksum: {
      book: patched((bytes) => {
        const place = bytes.lastIndexOf('OEBPS/c1.xhtml') - 46 + 16;
        bytes.writeUInt32LE(bytes.readUInt32LE(place) ^ 1, place);
      }),
      finding: 'damaged',
    },
    zip_encryption: {
      book: patched((bytes) => bytes.writeUInt16LE(1, bytes.lastIndexOf('OEBPS/c1.xhtml') - 46 + 8)),
      finding: 'encrypted',
    },
    crowded: {
      book: patched((bytes) => bytes.writeUInt16LE(20_001, bytes.length - 12)),
      finding: 'too_heavy',
    },
    more_than_counted: {
      book: patched((bytes) => bytes.writeUInt16LE(3, bytes.length - 12)),
      finding: 'damaged',
    },
    zip64: {
      book: patched((bytes) => bytes.writeUInt16LE(0xffff, bytes.length - 12)),
      finding: 'too_large',
    },
    adobe: { book: with_({ 'META-INF/rights.xml': '<rights/>' }), finding: 'encrypted' },
    readium: { book: with_({ 'META-INF/license.lcpl': '{}' }), finding: 'encrypted' },
    apple: { book: with_({ 'META-INF/sinf.xml': '<sinf/>' }), finding: 'encrypted' },
    aes: {
      book: with_({ 'META-INF/encryption.xml': encryption('http://www.w3.org/2001/04/xmlenc#aes128-cbc') }),
      finding: 'encrypted',
    },
    leaves_its_directory: { book: with_({ '../evil': 'x' }), finding: 'unsafe_name' },
    absolute: { book: with_({ '/etc/passwd': 'x' }), finding: 'unsafe_name' },
    backslash: { book: with_({ 'a\\b': 'x' }), finding: 'unsafe_name' },
    drive: { book: with_({ 'C:evil': 'x' }), finding: 'unsafe_name' },
    control_character: { book: with_({ 'a\u0007b': 'x' }), finding: 'unsafe_name' },
    same_name_twice: { book: with_({ 'oebps/C1.XHTML': 'x' }), finding: 'unsafe_name' },
    flat_bomb: { book: with_({ 'OEBPS/bomb': Buffer.alloc(30_000_000) }), finding: 'zip_bomb' },
    overlapping: { book: overlapping(book), finding: 'zip_bomb' },
    entity_bomb: {
      book: with_({ 'OEBPS/book.opf': packageDocument({ prolog: entityBomb }) }),
      finding: 'invalid_xml',
    },
    outside_entity: {
      book: with_({
        'META-INF/container.xml': container('&file;').replace(
          '?>',
          '?><!DOCTYPE container [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        ),
      }),
      finding: 'invalid_xml',
    },
    not_well_formed: {
      book: with_({ 'OEBPS/book.opf': opf.replace('</package>', '') }),
      finding: 'invalid_xml',
    },
    not_a_package: { book: with_({ 'OEBPS/book.opf': '<html/>' }), finding: 'invalid_xml' },
    not_utf8: {
      book: with_({ 'OEBPS/book.opf': Buffer.concat([Buffer.from(opf), Buffer.from([0xff])]) }),
      finding: 'invalid_xml',
    },
    no_spine: {
      book: with_({ 'OEBPS/book.opf': opf.replace(/<spine[^]*<\/spine>/, '') }),
      finding: 'no_spine',
    },
    empty_spine: {
      book: with_({ 'OEBPS/book.opf': opf.replace(/<itemref[^>]*>/g, '') }),
      finding: 'no_spine',
    },
    strange_itemref: {
      book: with_({ 'OEBPS/book.opf': opf.replace('idref="c1"', 'idref="x"') }),
      finding: 'damaged',
    },
    huge_package: {
      book: with_({ 'OEBPS/book.opf': opf.replace('</package>', `${noise(9_000_000)}</package>`) }),
      finding: 'too_heavy',
    },
    package_of_itself: {
      book: with_({ 'META-INF/container.xml': container('META-INF/container.xml') }),
      finding: 'invalid_xml',
    },
    nowhere: {
      book: patched((bytes) => bytes.writeUInt32LE(0xfffffff0, bytes.length - 6)),
      finding: 'damaged',
    },
    sound_but_for_its_place: {
      book: patched((bytes) =>
        bytes.writeUInt32LE(at('META-INF') + 1, bytes.lastIndexOf('OEBPS/c1.xhtml') - 4),
      ),
      finding: 'damaged',
    },
  };
}

/** Comments that do not pack well. */
function noise(sizeBytes: number): string {
  let state = 1;
  let text = '';
  while (text.length < sizeBytes) {
    state = (state * 48_271) % 2_147_483_647;
    text += `<!--${state.toString(36)}-->`;
  }
  return text;
}

/** Two entries of the directory are made to share the bytes of one. */
function overlapping(book: Buffer): Buffer {
  const names = zipped({ 'OEBPS/c1.xhtml': 'x' });
  const record = book.lastIndexOf('OEBPS/c1.xhtml') - 46;
  const size = 46 + names.readUInt16LE(26);
  const end = book.length - 22;
  const copy = Buffer.concat([
    book.subarray(0, end),
    book.subarray(record, record + size),
    book.subarray(end),
  ]);
  const at = copy.length - 22;
  copy.writeUInt16LE(copy.readUInt16LE(at + 8) + 1, at + 8);
  copy.writeUInt16LE(copy.readUInt16LE(at + 10) + 1, at + 10);
  copy.writeUInt32LE(copy.readUInt32LE(at + 12) + size, at + 12);
  return copy;
}

/** An archive of many small entries. */
export function crowdedBook(count: number): Buffer {
  const files: Files = bookFiles();
  for (let index = 0; index < count; index += 1) files[`x/${index}`] = '';
  return zipped(files);
}
