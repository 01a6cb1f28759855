import type { Seller } from '../../src/domain/seller.ts';
import type { ShopIdentity } from '../../src/domain/shop.ts';

const name = 'Lektura – księgarnia cyfrowa';
const timeZone = 'Europe/Warsaw';

export const seller: Seller = {
  name,
  addressLines: ['ul. Źródlana 12/4', '00-001 Warszawa', 'Polska'],
  taxId: '5252525252',
  email: 'help@shop.example',
  website: 'shop.example',
  timeZone,
};

export const shop: ShopIdentity = {
  name,
  supportEmail: 'help@shop.example',
  colour: '#0f5c4d',
  fromAddress: 'orders@shop.example',
  timeZone,
};
