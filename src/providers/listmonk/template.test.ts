import { describe, expect, it } from 'vitest';
import { listmonkTemplateBody, literally, templateProblem } from './template.ts';

describe('the template in Listmonk', () => {
  it.each([
    listmonkTemplateBody,
    '{{Safe .Tx.Data.html}}',
    '{{- .Tx.Data.html | Safe -}}',
    '<!-- ours -->\n{{ .Tx.Data.html|Safe }}\n',
  ])('is sound when it prints our HTML as it is: %s', (body) => {
    expect(templateProblem({ type: 'tx', body })).toBeUndefined();
  });

  it.each([
    ['campaign', listmonkTemplateBody, /campaigns/],
    ['tx', '{{ .Tx.Data.html }}', /without “Safe”/],
    ['tx', '<p>Hello {{ .Subscriber.Name }}</p>', /does not print the mail; it must hold \{\{ Safe/],
    ['tx', '', /does not print the mail/],
  ])('is unsound as %s with %s', (type, body, problem) => {
    expect(templateProblem({ type, body })).toMatch(problem);
  });
});

describe('a text that Listmonk may evaluate', () => {
  it('stays as it is where nothing in it could be', () => {
    expect(literally('Dzień dobry } } { x }}')).toBe('Dzień dobry } } { x }}');
  });

  it.each([
    ['{{ .Tx }}', '{{"{{"}} .Tx }}'],
    ['{{{', '{{"{{"}}{'],
    ['{{{{', '{{"{{"}}{{"{{"}}'],
  ])('prints %s by itself', (text, printed) => {
    expect(literally(text)).toBe(printed);
  });
});
