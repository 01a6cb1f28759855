/** Letters that no decomposition turns into ASCII. */
const plainLetters: Record<string, string> = {
  ł: 'l', Ł: 'L', ø: 'o', Ø: 'O', đ: 'd', Đ: 'D', ð: 'd', Ð: 'D', þ: 'th', Þ: 'Th', ß: 'ss', ẞ: 'SS',
  æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ı: 'i', '’': "'", '‘': "'", '“': "'", '”': "'", '„': "'", '–': '-', '—': '-',
}; // prettier-ignore

/** For programs that know only ASCII. Percent signs would be decoded by some, quotes and backslashes end the string. */
function asciiName(fileName: string): string {
  const dot = fileName.lastIndexOf('.');
  const [base, extension] = dot > 0 ? [fileName.slice(0, dot), fileName.slice(dot)] : [fileName, ''];
  const ascii = (text: string) =>
    Array.from(text, (letter) => plainLetters[letter] ?? letter)
      .join('')
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .replaceAll(/[^ -~]|["\\%/]/gu, '_');
  const readable = ascii(base);
  return (/[A-Za-z0-9]/.test(readable) ? readable : 'download') + ascii(extension);
}

/** RFC 8187 ext-value: UTF-8, everything percent-encoded that is not an attr-char. */
function extendedValue(fileName: string): string {
  const wellFormed = fileName.replaceAll(/\p{Cs}/gu, '\uFFFD').replaceAll(/\p{Cc}/gu, '_');
  const encoded = encodeURIComponent(wellFormed).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `UTF-8''${encoded}`;
}

/**
 * `Content-Disposition` of a download (RFC 6266), for a name in any script. Whatever the name holds, the result is
 * printable ASCII and one header: nothing in it can end the line or the quoted string.
 */
export function attachment(fileName: string): string {
  const ascii = asciiName(fileName);
  const simple = `attachment; filename="${ascii}"`;
  return ascii === fileName ? simple : `${simple}; filename*=${extendedValue(fileName)}`;
}
