import type { Language, Order, OrderLine } from '../../domain/order.ts';

/** A purchase that nobody has made, for previews: two books, one with a long title. */
export function sampleOrder(language: Language, paidAt: Date): Order {
  const pl = language === 'pl';
  const titles = pl
    ? ['Nocny pociąg do Łodzi', 'Źródła, żurawie i gęsi: przewodnik po dolinie Biebrzy dla niecierpliwych']
    : ['The Night Train', 'Rivers, Cranes and Geese: A Guide to the Wetlands for the Impatient'];
  const lines = titles.map((title, at) => lineOf(at + 1, title, pl ? 4900 : 1200));
  const total = lines.reduce((sum, line) => sum + line.total, 0);
  return {
    orderId: '7K3M-Q9XT-4BVD',
    paymentKey: 'pi_sample',
    livemode: true,
    currency: pl ? 'pln' : 'eur',
    buyer: {
      email: 'anna@books.example',
      name: pl ? 'Anna Kowalska-Źdźbło' : 'Anna Byrne',
      company: null,
      taxIds: [],
      address: null,
      language,
    },
    lines,
    subtotal: total,
    discount: 0,
    tax: lines.reduce((sum, { tax }) => sum + tax, 0),
    total,
    paidAt: paidAt.toISOString(),
  };
}

/** A gift: no payment stands behind it, and nothing was paid. */
export function sampleGift(language: Language, paidAt: Date): Order {
  const order = sampleOrder(language, paidAt);
  const lines = order.lines.slice(0, 1).map((line) => ({ ...line, ...nothingPaid, unitAmount: 0 }));
  return { ...order, ...nothingPaid, paymentKey: 'grant_sample', lines };
}

const nothingPaid = { subtotal: 0, discount: 0, tax: 0, total: 0 };

const lineOf = (lineNo: number, title: string, amount: number): OrderLine => ({
  lineNo,
  productId: `sample-${lineNo}`,
  productVersion: '1',
  formats: ['pdf', 'epub'],
  title,
  quantity: 1,
  unitAmount: amount,
  subtotal: amount,
  discount: 0,
  tax: Math.round((amount * 5) / 105),
  taxPercent: 5,
  total: amount,
});
