import type { Manuscript } from './manuscript.ts';

export const queuesForShopkeepers: Manuscript = {
  slug: 'queues-for-shopkeepers',
  language: 'en',
  title: 'Queues for Shopkeepers',
  subtitle: 'Why lines form, and what to do while you stand in one',
  author: 'Tomas Okafor',
  identifier: '6f0d3c1e-5c0a-4a57-9a7e-2f1f6f0b1a03',
  coverColor: '#5b3a6e',
  chapters: [
    {
      title: 'A line is a kind of promise',
      paragraphs: [
        'When people stand in line they are telling you something flattering: that what you have is worth their time. They are also lending you that time without a contract. A line is a promise on both sides, and like all promises it is judged by how it ends.',
        'Shopkeepers tend to look at a line and see demand. People in the line look at the shopkeeper and see a person who might, or might not, know that they are there. Half of what this book has to say is about the second view.',
        'The other half is arithmetic, and there is less of it than you fear. Three numbers describe every line there is: how many come in an hour, how long one of them takes, and how evenly both of these are spread.',
      ],
    },
    {
      title: 'Three numbers',
      paragraphs: [
        'Stand in your own shop with a pencil. Count who comes between ten and eleven. Then measure how long you need for each. If twelve people come and each needs four minutes, you are busy for forty-eight minutes out of sixty, and it looks as if there were twelve minutes to spare.',
        'There are not. Those twelve minutes come in crumbs, a few seconds between one person and the next, and you cannot save them up. While you wait for nobody, they are lost; when three people come at once, they are gone already.',
        'So the rule of thumb is a humble one. Plan to be busy for two thirds of your time and no more. The last third is not idleness. It is the room in which a line can become short again.',
      ],
    },
    {
      title: 'The corner in the curve',
      paragraphs: [
        'If you draw how long people wait against how busy you are, you get a curve that lies flat for a long time and then goes up like a wall. Up to two thirds, nothing much happens. At four fifths, the wait has doubled. At nineteen twentieths, there is a line out of the door and it will not end today.',
        'The treacherous thing is that the shop feels the same on both sides of the corner. You work, people come, you work. A little more of each, and one morning everything is slow, although nothing has changed that you could point at.',
        'Nobody has ever repaired a line by working a little faster. You repair it by moving away from the corner: fewer arrivals at once, shorter visits, or one more pair of hands for the one hour that matters.',
      ],
    },
    {
      title: 'One line or many',
      paragraphs: [
        'With two tills you may have two lines or one. In two lines, everybody has the feeling of having picked the wrong one, and one in two is right. In a single line that feeds both tills, nobody is unlucky: the person with the long story holds up one till, and the line flows past them to the other.',
        'The single line looks longer, which is why shops are afraid of it. It is faster on average, and, what matters more, it is never terrible. People forgive slow. They do not forgive seeing somebody who came later leave earlier.',
        'If you must have two lines, let them be for two different kinds of visit, and let everyone see which is which. A line for a single loaf of bread is a courtesy to all.',
      ],
    },
    {
      title: 'Put the small things first',
      paragraphs: [
        'Suppose one customer needs an hour and nine need a minute each. Serve the hour first, and nine people wait for it. Serve the nine first, and one person waits nine minutes. The work is the same; the sum of the waiting is not even close.',
        'But kindness has a limit here. If there is always another small thing, the person with the large one waits for ever. Give every task an age, and let age count. After a while the oldest goes next, however large it is.',
        'Machines that send letters and make files for shops follow the same two rules. Short work first, old work never forgotten. When you see one that follows only the first, ask what happens to the large order on the busy day.',
      ],
    },
    {
      title: 'When somebody drops the tray',
      paragraphs: [
        'Helpers fail. One goes out for air with a half-wrapped parcel on the bench and does not come back. In a good shop the parcel has a slip on it that says who took it and until when. When the time is over, another hand takes the parcel and writes a new slip.',
        'The slip has a number, and the number grows. If the first helper comes back after all and says that the parcel is ready, you look at the number and say kindly that this is no longer their parcel. Without the number you would ship it twice.',
        'This is all there is to it, and it is surprising how many shops have no slips. They have a person who remembers. That person has a birthday, and a cold in winter, and one day another job.',
      ],
    },
    {
      title: 'Do not knock again at once',
      paragraphs: [
        'The wholesaler does not open the door. You knock. You knock again. So do all the other shopkeepers in the street, and when the poor man has found his keys there are forty people on the step, each knocking as hard as they can.',
        'Go away for a minute. If it is still closed, go away for two, then for four, and do not come back on the stroke of the clock but a little before or a little after, as the fancy takes you. If everybody does this, the step stays empty and the door opens sooner.',
        'And if a note on the door says "back at three", believe the note. It is the only person in this story who knows.',
      ],
    },
    {
      title: 'The end of the line',
      paragraphs: [
        'A line that is never looked at grows from the end. Somebody stands there who should not be there at all: with the wrong paper, at the wrong counter, asking for something you stopped selling in spring. They will wait to the front and only then be told.',
        'Walk along your line once an hour and ask. Send home those whom you cannot help, before they have paid with their time. Put aside, in plain sight, the ones whom only you can help, and go to them before they have to ask.',
        'Then go back to the counter. The line is shorter, the people in it are the right ones, and they have all seen that somebody knows they are there. Most of what is called service is no more than this.',
      ],
    },
  ],
};
