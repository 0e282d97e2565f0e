type NamedFile = { name: string; extension: string }

/** Where a file of media lies in the store; the folders spread by the random end of the id. */
export function pathOf(id: string, contentHash: string, { name, extension }: NamedFile): string {
  return `${id.slice(-2)}/${id}/${contentHash}/${name}.${extension}`
}

/** The upload without its metadata, which is the public `original`. The upload itself is for the desk alone. */
export function bareFile({ extension }: NamedFile): NamedFile {
  return { name: 'bare', extension }
}
