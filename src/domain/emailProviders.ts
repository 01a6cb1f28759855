const words = (text: string): string[] => text.trim().split(/\s+/);

/** Providers whose names people mistype. Those of three letters and fewer are too short to guess at. */
export const mistypedProviders: readonly string[] = words(`
  gmail.com googlemail.com hotmail.com outlook.com yahoo.com icloud.com live.com aol.com protonmail.com proton.me
  wp.pl o2.pl onet.pl interia.pl interia.eu gazeta.pl poczta.fm op.pl vp.pl tlen.pl poczta.onet.pl`);

/** Where mail is known to arrive, though some of these look like a slip of one above. Nothing is ever said of them. */
export const goodDomains: ReadonlySet<string> = new Set([
  ...mistypedProviders,
  ...words(`
    mail.com email.com ymail.com rocketmail.com gmx.com gmx.net gmx.de gmx.at gmx.ch gmx.us web.de t-online.de freenet.de
    hotmail.co.uk hotmail.de hotmail.fr hotmail.it hotmail.es hotmail.be hotmail.nl hotmail.se outlook.de outlook.fr
    outlook.es outlook.it outlook.pt outlook.ie outlook.at outlook.be outlook.dk outlook.sk outlook.cz outlook.hu
    outlook.jp outlook.kr live.co.uk live.de live.fr live.it live.nl live.be live.se live.dk live.no live.ie live.at
    live.ca live.cn live.jp live.pl msn.com passport.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.pl yahoo.pt
    yahoo.ca yahoo.in yahoo.ie yahoo.ro yahoo.gr yahoo.se yahoo.no yahoo.dk yahoo.at yahoo.be yahoo.nl yahoo.co.in
    yahoo.co.jp yahoo.com.au yahoo.com.br yahoo.com.mx me.com mac.com aim.com aol.de aol.fr aol.co.uk love.com
    protonmail.ch pm.me zoho.com zoho.eu zohomail.eu fastmail.com fastmail.fm hey.com tuta.io tuta.com tutanota.com
    tutanota.de tutamail.com mailbox.org posteo.de posteo.net mail.de mail.ru inbox.ru bk.ru list.ru yandex.com yandex.ru
    ukr.net seznam.cz email.cz post.cz centrum.cz centrum.sk azet.sk libero.it virgilio.it orange.fr free.fr sfr.fr
    laposte.net wanadoo.fr ziggo.nl kpnmail.nl telenet.be skynet.be bluewin.ch sunrise.ch hispeed.ch btinternet.com
    sky.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net inbox.com inbox.lv qq.com 163.com 126.com
    naver.com gmail.pl op.eu onet.eu onet.com.pl vip.onet.pl autograf.pl buziaczek.pl spoko.pl amorki.pl onet.com
    interia.com int.pl intmail.pl poczta.pl adres.pl pisz.to ogarnij.se vip.interia.pl go2.pl prokonto.pl wp.eu wp.com
    orange.pl neostrada.pl home.pl plusnet.pl upcpoczta.pl upc.pl vectra.pl toya.net.pl netia.pl aster.pl autocom.pl
    student.uw.edu.pl uw.edu.pl live.eu gazeta.com interia.net o2.com op.com vp.com`),
]);

/** Endings that are no top-level domains (IANA root zone, 2026), and what fingers meant by them. */
export const mistypedEndings: ReadonlyMap<string, string> = new Map([
  ...words('con cmo ocm comm vom xom cpm coom cim clm conm comn ckm c0m co9m comp').map(
    (typed) => [typed, 'com'] as const,
  ),
  ...words('lp pll ppl plp').map((typed) => [typed, 'pl'] as const),
  ...words('nte ent nett').map((typed) => [typed, 'net'] as const),
]);
