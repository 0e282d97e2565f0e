type NamedFile = { name: string; extension: string; file?: string }

/** The place of a file of media in the store. Folders are spread by the random end of the id. */
export function pathOf(id: string, contentHash: string, { name, extension, file = name }: NamedFile): string {
  return `${id.slice(-2)}/${id}/${contentHash}/${file}.${extension}`
}

/** The upload without its metadata, which is the public `original`. The upload itself is for the desk alone. */
export function bareFile({ extension }: NamedFile): NamedFile {
  return { name: 'bare', extension }
}

/** A rendition of an earlier version in the form that takes words. The old file keeps its own name until the commit. */
export function bareRendition<T extends NamedFile>(rendition: T): T & { file: string } {
  return { ...rendition, file: `bare-${rendition.name}` }
}
