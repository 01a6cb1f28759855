const rules = new Intl.PluralRules('pl');

export interface PolishForms {
  /** 1 tytuł */
  one: string;
  /** 2–4, 22–24 tytuły */
  few: string;
  /** 0, 5–21, 25 tytułów */
  many: string;
}

/** The form that Polish asks for after a whole number (CLDR plural rules). */
export function polishForm(count: number, { one, few, many }: PolishForms): string {
  const form = rules.select(count);
  if (form === 'one') return one;
  return form === 'few' ? few : many;
}
