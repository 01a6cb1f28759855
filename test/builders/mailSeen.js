/* What a browser shows of the page in which this runs, and what is wrong with that. */
(() => {
  const faults = [];
  const short = (text) => text.trim().replace(/\s+/g, ' ').slice(0, 60);
  const numbers = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);

  // WCAG 2.1: relative luminance and contrast ratio.
  const luminance = (colour) => {
    const [red = 0, green = 0, blue = 0] = numbers(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const transparent = (colour) => numbers(colour)[3] === 0;
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!transparent(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let words = 0;
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    const text = short(node.nodeValue ?? '');
    if (!element || text === '' || element.getClientRects().length === 0) continue;
    words += 1;
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)} of "${text}"`);
  }
  if (words === 0) faults.push('it shows no text');

  if (document.documentElement.scrollWidth > innerWidth)
    faults.push(`it is ${document.documentElement.scrollWidth} wide, the window ${innerWidth}`);
  for (const element of document.querySelectorAll('body *')) {
    const { left, right, width } = element.getBoundingClientRect();
    if (width > 0 && (right > innerWidth + 0.5 || left < -0.5))
      faults.push(`<${element.localName}> stands out: "${short(element.textContent)}"`);
  }

  for (const link of document.querySelectorAll('a')) {
    if (short(link.textContent) === '') faults.push(`a link without words: ${link.href}`);
    if (!/^(https?|mailto):/.test(link.href)) faults.push(`a link that is none: ${link.href}`);
  }
  return { faults, lang: document.documentElement.lang, title: document.title };
})();
