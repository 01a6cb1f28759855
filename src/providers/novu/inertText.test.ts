import { describe, expect, it } from 'vitest';
import { inertHtml, inertText } from './inertText.ts';

const opensTemplate = /\{[{%]/;

describe('text that no template engine takes for a template', () => {
  it.each([
    ['{{subscriber.email}}', '&#123;{subscriber.email}}'],
    ['{%if x%}', '&#123;%if x%}'],
    ['{{{raw}}}', '&#123;&#123;{raw}}}'],
    ['{ {x} }', '{ {x} }'],
    ['<style>a{color:red}</style>', '<style>a{color:red}</style>'],
  ])('as HTML, %s is %s', (html, inert) => expect(inertHtml(html)).toBe(inert));

  it.each(['{{x}}', '{%x%}', '{{{{%{{'])('opens no tag, as HTML or as text: %s', (hostile) => {
    expect(inertHtml(hostile)).not.toMatch(opensTemplate);
    expect(inertText(hostile)).not.toMatch(opensTemplate);
    expect(inertText(hostile).replaceAll('\u2060', '')).toBe(hostile);
  });

  it('has no line break in HTML, and keeps those of text', () => {
    expect(inertHtml('<p>\r\n\ta</p>\n')).toBe('<p> a</p> ');
    expect(inertText('a\nb')).toBe('a\nb');
  });
});
