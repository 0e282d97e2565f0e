/** The words of a picture that are written into its public bytes, verbatim. */
export type PrintedWords = {
  caption: string | null
  credit: string | null
  rights: string | null
  photographer: string | null
}

const namespaces = {
  dc: 'http://purl.org/dc/elements/1.1/',
  photoshop: 'http://ns.adobe.com/photoshop/1.0/',
  xmpRights: 'http://ns.adobe.com/xap/1.0/rights/',
} as const

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones to remove.
const controls = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu

/** Without the characters that XML 1.0 has no way to write (XML 2.2), lone surrogates included. */
export function withoutControls(text: string): string {
  return text.replace(controls, '')
}

/** A parser turns a bare carriage return into a line feed (XML 2.11), so it is written as a reference. */
const references: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }
const escaped = (text: string) => text.replace(/[&<>\r]/g, found => references[found] as string)

const alternatives = (name: string, languages: readonly string[], text: string) =>
  `<${name}><rdf:Alt>${languages.map(language => `<rdf:li xml:lang="${language}">${escaped(text)}</rdf:li>`).join('')}</rdf:Alt></${name}>`

/**
 * An XMP packet (ISO 16684-1, IPTC Photo Metadata) in UTF-8 with the words that are not empty. `language` is the language
 * of the caption, a BCP 47 tag.
 */
export function writeXmp({ caption, credit, rights, photographer }: PrintedWords, language: string): Buffer {
  const fields = [
    caption && alternatives('dc:description', ['x-default', language], caption),
    credit && `<photoshop:Credit>${escaped(credit)}</photoshop:Credit>`,
    rights && alternatives('dc:rights', ['x-default'], rights),
    photographer && `<dc:creator><rdf:Seq><rdf:li>${escaped(photographer)}</rdf:li></rdf:Seq></dc:creator>`,
    rights && '<xmpRights:Marked>True</xmpRights:Marked>',
  ]
  const names = Object.entries(namespaces).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
  return Buffer.from(
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
      '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
      `<rdf:Description rdf:about=""${names.join('')}>${fields.filter(Boolean).join('')}</rdf:Description>` +
      '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>',
  )
}
