import type { BlockLengths, MetadataBlock } from './block.ts'

/** A part of a file to be served: bytes of ours, or the stored bytes from `from` to before `to`. */
export type Piece = Buffer | { from: number; to: number }

/** Removes a file's metadata and writes the newsroom's words, for one format. Pure: bytes to bytes. */
export type Weaver = {
  /**
   * Removes all metadata and does not encode the pixels again. `orientation` is the EXIF orientation, 1 to 8.
   * Gives undefined if a file cannot be stripped: such a file must not become public.
   */
  strip(bytes: Buffer, orientation: number): Buffer | undefined
  /** How many bytes the block adds to a file that `strip` gave. */
  extra(block: BlockLengths): number
  /** How many of the file's first bytes `weave` must see. */
  headLength: number
  /**
   * A file that `strip` gave, with the block in it. `size` is the length of the file. Undefined for a file that has not the
   * form that `strip` gives.
   */
  weave(head: Buffer, size: number, block: MetadataBlock): Piece[] | undefined
}

/** The length of the pieces together. */
export function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce(
    (sum, piece) => sum + (Buffer.isBuffer(piece) ? piece.length : piece.to - piece.from),
    0,
  )
}

/** The least EXIF there is, as a TIFF file (TIFF 6.0): the orientation alone. */
export function tiffOf(orientation: number): Buffer {
  const tiff = Buffer.from('4d4d002a00000008000101120003000000010000000000000000', 'hex')
  tiff.writeUInt16BE(orientation, 18)
  return tiff
}
