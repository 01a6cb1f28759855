import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create } from 'fontkit';
import { rememberingLayouts } from './layoutMemory.ts';
import type { ReceiptFont } from './layoutMemory.ts';

/** The faces of a receipt. Inter has Latin, Greek and Cyrillic; DejaVu helps out with other scripts and symbols. */
export interface ReceiptFonts {
  regular: ReceiptFont;
  strong: ReceiptFont;
  others: ReceiptFont;
}

const files = {
  regular: '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
  strong: '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf',
  others: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
};

function load(file: string): ReceiptFont {
  const font = create(readFileSync(createRequire(import.meta.url).resolve(file)));
  if (!('layout' in font)) throw new TypeError(`${file} is a collection, not a font.`);
  return rememberingLayouts(font);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Parsed at the first receipt and kept: files of the installation never change while the process lives. */
export const receiptFonts = once((): ReceiptFonts => ({
  regular: load(files.regular),
  strong: load(files.strong),
  others: load(files.others),
}));
