/**
 * What the page after the checkout does in a browser: it confirms the purchase, follows it, and offers to mend a slip in
 * the address. Plain JavaScript, for any shop to copy; it needs nothing but the API's address and the session's id.
 */
export const liveScript = String.raw`
const live = document.getElementById('live');
const { api, sessionId, texts } = JSON.parse(live.dataset.config);
const part = (name) => document.querySelector('[data-live="' + name + '"]');
const fill = (text, words) => text.replace(/\{(\w+)\}/g, (_, word) => words[word] ?? '');
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const make = (tag, className, ...content) => {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...content);
  return element;
};

let address = null;
let kept = false;
let over = false;

function show(view) {
  address = view.mail.to ?? address;
  live.hidden = false;
  part('state').textContent = texts.states[view.state];
  const paid = view.state !== 'waiting_for_payment';
  const ended = view.state === 'ended';
  const booksAre = ended || view.state === 'ready' ? 'done' : paid ? 'underWay' : 'toCome';
  const mailIs = view.mail.accepted ? 'done' : paid ? 'underWay' : 'toCome';
  part('steps').hidden = ended;
  step('payment', paid ? 'done' : 'underWay');
  step('books', booksAre);
  step('mail', mailIs, address && fill(view.mail.accepted ? texts.mailGone : texts.mailGoing, { to: address }));
  part('books').replaceChildren(...view.books.map(bookLine));
  // Confirming asks Stripe; following does not, and knows the address as soon as the order is read.
  if (view.mail.to !== null) suggest(view.suggestion);
  over = ended || (view.state === 'ready' && view.mail.accepted);
}

function step(name, standing, words) {
  const line = part('step-' + name);
  line.className = standing;
  if (standing === 'underWay') line.setAttribute('aria-current', 'step');
  else line.removeAttribute('aria-current');
  part('said-' + name).textContent = words ?? texts[standing];
}

function bookLine(book) {
  const ready = book.formats.filter((one) => one.ready).map((one) => one.format.toUpperCase());
  const badge = make('span', 'badge ' + book.state, texts.book[book.state]);
  const formats = book.state === 'preparing' && ready.length === 0 ? '' : ready.join(', ');
  return make('li', '', make('span', 'title', book.title), make('span', 'soft', formats), badge);
}

function suggest(suggestion) {
  const box = part('suggestion');
  if (!suggestion || kept) return void (box.hidden = true);
  const { typed, meant } = suggestion;
  part('question').textContent = fill(texts.ask, { typed, meant });
  part('take').textContent = fill(texts.take, { meant });
  part('take').onclick = () => correct(meant);
  box.hidden = false;
}

part('keep').onclick = () => {
  kept = true;
  part('suggestion').hidden = true;
};

async function correct(meant) {
  part('take').disabled = true;
  const answer = await ask('/v1/checkout/correct-address').catch(() => null);
  part('take').disabled = false;
  if (answer && answer.status >= 500) return;
  part('suggestion').hidden = true;
  part('corrected').textContent = answer?.ok ? fill(texts.taken, { meant }) : texts.notTaken;
  part('corrected').hidden = false;
  if (!answer?.ok) return void (kept = true);
  const view = await answer.json();
  const typed = part('address');
  if (typed) typed.textContent = meant;
  show(view);
  follow(view.progressUrl);
}

const ask = (path) =>
  fetch(api + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sessionId }),
  });

/** Stripe and we may be busy for a moment; the purchase is taken care of without this page. */
async function confirm() {
  for (let tries = 0; tries < 6; tries += 1) {
    const answer = await ask('/v1/checkout/confirm').catch(() => null);
    if (answer?.ok) return answer.json();
    await wait(1000 * (Number(answer?.headers.get('retry-after')) || 2 ** tries));
  }
  return null;
}

let source = null;
function follow(url) {
  source?.close();
  if (over) return;
  source = new EventSource(url);
  const mine = source;
  mine.addEventListener('state', (event) => show(JSON.parse(event.data)));
  mine.addEventListener('end', () => mine.close());
  // A browser comes again by itself, unless it was refused.
  mine.onerror = () => {
    if (mine.readyState === EventSource.CLOSED && source === mine) void poll(url);
  };
}

async function poll(url) {
  for (let tries = 0; tries < 60 && !over; tries += 1) {
    await wait(10_000);
    const answer = await fetch(url, { headers: { accept: 'application/json' } }).catch(() => null);
    if (answer?.status === 404) return;
    if (answer?.ok) show(await answer.json());
  }
}

const confirmed = await confirm();
if (confirmed) {
  show(confirmed);
  follow(confirmed.progressUrl);
  // What a bank has told late may not have been told to us.
  for (let tries = 0; tries < 20 && part('step-payment').className !== 'done'; tries += 1) {
    await wait(30_000);
    const again = await confirm();
    if (again) show(again);
  }
} else {
  live.hidden = false;
  part('steps').hidden = true;
  part('state').textContent = texts.later;
}
`;
