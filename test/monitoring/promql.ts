/** What an expression asks for: metrics with the labels that select among them, and the labels it groups by. */
export interface Asked {
  metrics: Array<{ name: string; selects: Array<{ label: string; values: string[] }> }>;
  groups: string[];
}

const keywords = new Set(['and', 'or', 'unless', 'bool', 'by', 'on', 'without', 'ignoring', 'offset']);

/** Reads the expressions that stand in our rules and dashboards; no parser of all of PromQL. */
export function readPromql(expr: string): Asked {
  const groups: string[] = [];
  const ungrouped = expr.replaceAll(/\b(?:by|on|without|ignoring)\s*\(([^)]*)\)/g, (_all, labels: string) => {
    groups.push(...labels.split(',').map((label) => label.trim()));
    return ' ';
  });
  const metrics: Asked['metrics'] = [];
  const plain = ungrouped.replaceAll(/\[[^\]]*\]/g, ' ');
  for (const [, name = '', selector = ''] of plain.matchAll(
    /\b([a-zA-Z_:][\w:]*)\b(?!\s*\()(?:\{([^}]*)\})?/g,
  ))
    if (!keywords.has(name)) metrics.push({ name, selects: selectsOf(selector) });
  return { metrics, groups: groups.filter((label) => label !== '') };
}

const selectsOf = (selector: string) =>
  [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = '', value = '']) => ({
    label,
    values: value.split('|'),
  }));
