import type { Manuscript } from './manuscript.ts';

export const theCalmCheckout: Manuscript = {
  slug: 'the-calm-checkout',
  language: 'en',
  title: 'The Calm Checkout',
  subtitle: 'How a small shop earns trust in the last two minutes',
  author: 'Nora Whitfield',
  identifier: '6f0d3c1e-5c0a-4a57-9a7e-2f1f6f0b1a01',
  coverColor: '#1f4d5c',
  chapters: [
    {
      title: 'The last two minutes',
      paragraphs: [
        'Everything a shop does well can be undone in the last two minutes. A buyer has read the page, weighed the price, and made up their mind. They want one thing now: to be done. Each further question you ask at this point is a reason to leave, and nobody writes to tell you why they left.',
        'A calm checkout is not a pretty one. It is one in which nothing surprises. The price is the price that was on the page. The button says what it does. The form asks for what is needed and for nothing that is merely interesting to know.',
        'The chapters that follow walk through these two minutes in order, from the click on the button to the moment the book lies open in front of its reader. Each ends with something small that you can change this week, because calm comes from many small things and never from one large one.',
      ],
    },
    {
      title: 'One price, said once',
      paragraphs: [
        'The most common surprise at the till is a number. Tax appears. A fee for the card appears. The currency turns out to be another one. Each of these may be fair, and each feels like a trick, because it arrives after the buyer has already agreed to something else.',
        'Say the whole price on the page where the book is shown, in the currency of the person who looks at it. If tax depends on where they live, say so there, and say how much it is for most of them. A price that can only fall is a kindness; a price that can only rise is a warning.',
        'This week: buy your own book from a phone, in another country if you can, and write down every number that you see on the way. If there are more than two, ask of each one why it is there.',
      ],
    },
    {
      title: 'Ask for less',
      paragraphs: [
        'A digital book needs an address to be sent to, and that address is an e-mail. It does not need a street. It does not need a telephone. Whether it needs a name depends on the law where you live, and on whether you would like to greet your reader.',
        'Every field is a small toll. People pay tolls in patience, and they pay them in truth: the more you ask, the more often you will be told that somebody lives at number one, Street Street. A list of invented addresses is worth less than no list at all.',
        'This week: take one field out of the form. Leave it out for a month. If nobody in the shop has missed it by then, it was never yours to ask for.',
      ],
    },
    {
      title: 'What the button promises',
      paragraphs: [
        'Read your buttons aloud as if they were said by a person behind a counter. "Submit" is what nobody would say. "Continue" is what somebody says who is hiding how long the way still is. "Pay 29 zł" is a promise that can be kept.',
        'A button that has been pressed must look pressed. Between the press and the answer lies a second or two in which a buyer wonders whether they should press again. If your page says nothing in that second, some of them will, and if your shop is not careful, some of them will pay twice.',
        'Being careful is a matter of giving every purchase a name before the money moves. The second press carries the same name, and the shop can tell that it has heard this one before. The buyer never learns of any of it, and that is how it should be.',
      ],
    },
    {
      title: 'The receipt is part of the book',
      paragraphs: [
        'A receipt is the first thing a reader gets from you after they have trusted you with money, and most shops send it as if it were a note from a machine to another machine. It deserves the same care as the first page of the book.',
        'Put the title of the book into the subject, so that it can be found again in three years. Put the link at the top, above the table with the tax. Say in one line until when the link works and what to do when it has stopped working. Then add the table, with every number that an accountant will ask for.',
        'The receipt must arrive at once. A minute is long when you have just paid somebody you do not know. If the file needs longer than the letter, send the letter first and let the page behind the link say honestly that the book is being prepared.',
      ],
    },
    {
      title: 'When the card says no',
      paragraphs: [
        'Cards are refused for many reasons, and nearly none of them are the fault of the person who holds the card. The bank is careful, the limit is reached, the digits were read from a bad photograph. What you say next decides whether they try again.',
        'Say that nothing was charged. Say it first, because that is the question. Then say what can be done: try once more, use another card, pay by transfer. Do not say that the transaction was declined by the issuer with code 51; keep that for the log.',
        'Keep the basket as it was. Nothing tells a buyer so clearly that they do not matter as a form that has forgotten everything while it was saying no.',
      ],
    },
    {
      title: 'Giving the money back',
      paragraphs: [
        'A refund is not the end of a purchase. It is the part of a purchase in which the buyer learns who you are. Most people who ask for one expect a quarrel, and they remember for years the shop that simply did it.',
        'Do it on the same day. Write one sentence without sorrow and without offers: the money is on its way, it will be there in about five days. If they could read the book and no longer may, say that as well, before they find out by clicking.',
        'Keep count of why people ask. If three of them in a month say the same thing, the fault is on the page and not in the people.',
      ],
    },
    {
      title: 'The quiet week',
      paragraphs: [
        'You will know that your checkout is calm when a week goes by in which nobody writes to you. Not because nobody bought, but because everyone who did had what they came for before they thought of asking.',
        'Look at that week with suspicion at first. Silence is also what a broken bell sounds like. Buy a book yourself every morning, and let something ring when your own receipt does not come. Then enjoy the silence, for you have checked it.',
        'Shops are remembered for their words and their goods. The best of them are not remembered for their tills at all. That is the whole craft: to make the last two minutes so smooth that they leave no trace but a book on a shelf.',
      ],
    },
  ],
};
