/**
 * Text that no template engine takes for a template. Novu inserts values of the payload and does not evaluate them
 * (docs.novu.co, "Personalize content"), but subjects, layouts and translations pass through Liquid more than once, and
 * a buyer may call themselves `{{subscriber.email}}`. Without an opening tag nothing can be evaluated, however often.
 */
const openingBrace = /\{(?=[{%])/g;

/**
 * HTML that looks the same: the brace becomes its character reference. Line breaks become spaces, because several
 * releases of Novu print a line break inside of a value as a backslash and an n.
 */
export const inertHtml = (html: string): string =>
  html.replace(openingBrace, '&#123;').replace(/[\r\n\t]+/g, ' ');

/** Plain text that looks the same: an invisible word joiner (U+2060) stands between the braces. */
export const inertText = (text: string): string => text.replace(openingBrace, '{\u2060');
