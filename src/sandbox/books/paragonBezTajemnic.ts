import type { Manuscript } from './manuscript.ts';

export const paragonBezTajemnic: Manuscript = {
  slug: 'paragon-bez-tajemnic',
  language: 'pl',
  title: 'Paragon bez tajemnic',
  subtitle: 'Krótki przewodnik dla małego sklepu z dużymi planami',
  author: 'Łucja Żółkiewska',
  identifier: '6f0d3c1e-5c0a-4a57-9a7e-2f1f6f0b1a02',
  coverColor: '#7a2e2e',
  chapters: [
    {
      title: 'Po co komu paragon',
      paragraphs: [
        'Paragon to najkrótsza opowieść, jaką sklep pisze o sobie. Mieści się w niej wszystko, co ważne: kto sprzedał, komu, co, kiedy i za ile. Kto umie ją przeczytać, wie o sklepie więcej niż z całej reklamy.',
        'Dla kupującego paragon jest dowodem, że pieniądze nie przepadły. Dla księgowej jest wierszem w zestawieniu. Dla Ciebie, właścicielu sklepu, jest obietnicą złożoną na piśmie, z datą i numerem. Warto, żeby wszyscy troje zobaczyli to samo.',
        'Ta książka prowadzi przez paragon z góry na dół, wiersz po wierszu. Nie zastąpi doradcy podatkowego, ale po jej lekturze będziesz wiedzieć, o co go zapytać. A to już połowa odpowiedzi.',
      ],
    },
    {
      title: 'Numer, czyli porządek',
      paragraphs: [
        'Numery paragonów rosną po kolei i bez dziur. Brzmi to jak drobiazg, a jest podstawą zaufania: jeżeli po numerze siódmym następuje dziewiąty, ktoś zapyta, co stało się z ósmym. Odpowiedź „nic takiego” nikogo nie uspokoi.',
        'Dlatego numer nadaje się na samym końcu, gdy wszystko inne jest już pewne. Kto nadaje go za wcześnie, ten zostaje z numerem bez paragonu, kiedy płatność się nie uda. Kto nadaje go dwa razy, ten ma dwa paragony o tej samej nazwie i kłopot większy niż poprzednio.',
        'Zanotuj sobie prostą zasadę: najpierw pieniądze, potem zapis, na końcu numer. W tej kolejności nie ma miejsca na dziury.',
      ],
    },
    {
      title: 'Cena, podatek, suma',
      paragraphs: [
        'Książka elektroniczna ma w Polsce obniżoną stawkę podatku, pięć procent. Na paragonie cena jest podana razem z podatkiem, a obok widać, ile z niej przypada na podatek. Suma musi się zgadzać co do grosza, i to w obie strony.',
        'Najwięcej zamieszania robi zaokrąglanie. Jeżeli zaokrąglisz każdy wiersz osobno, suma może różnić się o grosz od zaokrąglenia całości. Obie metody są uczciwe, ale trzeba wybrać jedną i trzymać się jej zawsze, bo mieszanka obu nie zgodzi się nigdy.',
        'Licz w groszach, nie w złotych z przecinkiem. Grosze są całe i nie gubią się po drodze. Przecinek dopisz dopiero na papierze, kiedy wszystkie rachunki są już skończone.',
      ],
    },
    {
      title: 'Kupujący ma imię',
      paragraphs: [
        'Na zwykłym paragonie nie ma nazwiska i nie musi go być. Wystarczy adres, na który wysyłasz książkę. Jeżeli jednak kupuje firma, poprosi o swoją nazwę i numer identyfikacji podatkowej. Daj jej na to miejsce, zanim zapłaci, a nie po tygodniu w liście.',
        'Nazwę przepisuj dokładnie tak, jak została podana, z kropkami i cudzysłowami. „Źdźbło sp. z o.o.” i „Zdzblo Sp z oo” to dla urzędu dwie różne firmy, a dla księgowej wieczór spędzony na poprawkach.',
        'I jeszcze jedno: polskie litery. Sklep, który zamienia „ą” na znak zapytania, mówi kupującemu, że nikt tu nie spojrzał na wydruk. Zażółć gęślą jaźń na próbę, zanim zrobi to klient.',
      ],
    },
    {
      title: 'List, który dochodzi',
      paragraphs: [
        'Paragon wysłany pocztą elektroniczną powinien dojść w ciągu minuty. Po minucie kupujący zagląda do folderu ze spamem, po pięciu pisze do Ciebie, po godzinie do banku. Każdy z tych kroków kosztuje więcej niż poprzedni.',
        'Nie wysyłaj tego samego listu dwa razy tylko dlatego, że nie wiesz, czy pierwszy doszedł. Sprawdź. Każdy list ma swój znak, po którym można zapytać serwer, czy go przyjął. Dwa paragony za jeden zakup wyglądają jak dwa zakupy.',
        'W temacie napisz tytuł książki. Za trzy lata, gdy ktoś będzie jej szukał, wpisze właśnie tytuł, a nie słowo „potwierdzenie”.',
      ],
    },
    {
      title: 'Zwrot bez gniewu',
      paragraphs: [
        'Zwrot pieniędzy nie unieważnia paragonu. Paragon opisuje to, co się stało, a to, co się stało, nie znika. Do starego zapisu dodaje się nowy: korektę, z własnym numerem, z odwołaniem do pierwszego i z kwotą, która wraca.',
        'Częściowy zwrot opisz częściowo. Jeżeli z trzech książek wraca jedna, korekta wymienia tę jedną. Pozostałe dwie zostają na półce kupującego i nikt nie powinien ich stamtąd zdejmować przez pomyłkę.',
        'Napisz krótko, że pieniądze są w drodze, i podaj, kiedy mniej więcej dojdą. Bez żalu i bez kuponów. Kto odzyskał pieniądze bez pytań, ten chętnie wraca.',
      ],
    },
    {
      title: 'Archiwum na lata',
      paragraphs: [
        'Paragony przechowuje się przez kilka lat i przez cały ten czas muszą być czytelne. Plik, którego nie da się otworzyć, jest tyle samo wart co kartka, z której zszedł tusz. Wybierz prosty format i raz na kwartał otwórz losowy paragon sprzed roku.',
        'Paragonu raz wystawionego nie poprawia się ani nie podmienia. Nawet literówka zostaje, a obok niej korekta. To nie jest upór urzędników, lecz ochrona dla Ciebie: nikt nie powie, że papier był wczoraj inny niż dziś.',
        'Zrób kopię i trzymaj ją gdzie indziej. Potem spróbuj z tej kopii odtworzyć jeden dzień sprzedaży. Dopiero udana próba jest kopią, wszystko inne to nadzieja.',
      ],
    },
    {
      title: 'Koniec miesiąca',
      paragraphs: [
        'Raz w miesiącu połóż obok siebie trzy listy: co mówi bank, co mówi sklep i co mówią paragony. Powinny mieć tyle samo wierszy i tę samą sumę. Jeżeli nie mają, szukaj od razu, dopóki wszyscy jeszcze pamiętają.',
        'Różnice mają zwykle proste przyczyny: zakup o północy, zwrot w drodze, płatność w innej walucie. Zapisz przyczynę obok różnicy. Po roku zobaczysz, że jest ich zaledwie kilka, i połowę z nich usuniesz raz na zawsze.',
        'Gdy listy się zgodzą, zamknij miesiąc i odłóż pióro. Paragon nie ma już przed Tobą tajemnic, a wieczór, który został, jest wart więcej niż najpiękniejszy arkusz. Życzę Ci wielu takich wieczorów.',
      ],
    },
  ],
};
