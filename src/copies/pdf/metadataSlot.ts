import { PDFName, PDFRawStream, PDFRef, type PDFContext, type PDFDict } from '@cantoo/pdf-lib';
import type { Recipe } from './recipe.ts';
import { contentOf } from './streamContent.ts';

const metadataMaxBytes = 1024 * 1024;
const end = '</rdf:RDF>';

/** A property of the XMP standard that hardly anybody uses, so that no validator is surprised. */
const opening = '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:Nickname>';
const closing = '</xmp:Nickname></rdf:Description>';

const emptyPacket =
  '<?xpacket begin="\u00EF\u00BB\u00BF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>';

/** Where a code goes in the document's XMP; null where it is written in a way that is left alone. */
export function metadataSlot(context: PDFContext, ref: PDFRef): Recipe['metadata'] {
  const stream = context.lookup(ref);
  const bytes = stream instanceof PDFRawStream ? contentOf(stream, metadataMaxBytes) : undefined;
  const packet = stream === undefined ? emptyPacket : Buffer.from(bytes ?? []).toString('latin1');
  const at = packet.lastIndexOf(end);
  if (at < 0 || packet.includes('Nickname')) return null;
  return {
    id: { number: ref.objectNumber, generation: ref.generationNumber },
    before: packet.slice(0, at) + opening,
    after: closing + packet.slice(at),
  };
}

export function metadataRefOf(catalog: PDFDict): PDFRef | undefined {
  const ref = catalog.get(PDFName.of('Metadata'));
  return ref instanceof PDFRef ? ref : undefined;
}
