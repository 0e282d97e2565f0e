import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { isSamePlace, type LogPlace } from '../log-place.ts'
import type { Wanted } from './delivery.ts'

export type Coding = 'zstd' | 'br' | 'gzip'

/** An answer as it goes out: ready bytes, and the headers that are its own. */
export type Entry = {
  /**
   * The commit of the log for which this answer is valid. It is raised when later changes are known not to touch the
   * answer; for any other commit the answer is not used.
   */
  readonly epoch: string
  seq: number
  mark: number
  /** What it is made of, as cache tags. */
  readonly tags: readonly string[]
  readonly etag: string
  /** Its own headers, without those of caching, of the bytes, and those that every answer has. */
  readonly headers: Readonly<Record<string, string>>
  /** Until when a cache may keep it at the most, in epoch milliseconds. */
  readonly until: number | undefined
  readonly body: Buffer
  /** The same in each coding that was asked for. */
  readonly packed: Map<Coding, Buffer>
  /** What is being packed, for all who wait for it. */
  readonly packing: Map<Coding, Promise<Buffer>>
  /** What the front has made of it to be sent. */
  ready?: Map<Form, Ready>
}

/** In which form an answer goes out: plain, in a coding, or as a 304. */
export type Form = Coding | 'identity' | 'unchanged'
/** Its headers, names and values in turn, and its bytes, perhaps as a string of one character a byte. */
export type Ready = { head: readonly string[]; body: Buffer | string }

/** Below it a coding saves nothing. */
export const leastToPack = 1024
/** What an entry costs besides its bytes, about. */
const overhead = 2000
const addressBytes = 32 * 1024 * 1024
/** What is known of an address costs besides its text, about. */
const wantedOverhead = 2000
const longestAddress = 1000

const pack: Record<Coding, (body: Buffer) => Promise<Buffer>> = {
  zstd: promisify<Buffer, Buffer>(zstdCompress),
  br: body =>
    promisify<Buffer, object, Buffer>(brotliCompress)(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5 },
    }),
  gzip: promisify<Buffer, Buffer>(gzip),
}

export type ResponseCache = ReturnType<typeof makeResponseCache>

/** Ready answers by their normal form and audience, bounded in bytes; 0 keeps none. */
export function makeResponseCache(mostBytes: number) {
  const entries =
    mostBytes === 0
      ? undefined
      : new LRUCache<string, Entry>({
          maxSize: mostBytes,
          // What is made of it later is counted from the start: a third in each coding, and strings of what is small.
          sizeCalculation: (entry, key) =>
            entry.body.length * (isSmall(entry.body) ? 4 : 3) +
            (key.length + lengthOf(entry.headers) + entry.tags.join().length) * 2 +
            overhead,
        })
  const addresses = new LRUCache<string, Wanted>({
    maxSize: addressBytes,
    sizeCalculation: ({ key }, address) => (key.length + address.length) * 4 + wantedOverhead,
  })

  return {
    /** Whether anything is kept. */
    isOn: entries !== undefined,

    /** The answer of a key, of whichever state of the log. */
    kept: (key: string): Entry | undefined => entries?.get(key),

    /** The answer of a key at this state of the log. */
    find(key: string, head: LogPlace): Entry | undefined {
      const entry = entries?.get(key)
      return entry && isSamePlace(entry, head) ? entry : undefined
    },

    put(key: string, entry: Entry): void {
      entries?.set(key, entry)
    },

    /** Remembers what an address as it was sent asks for, so that it need not be read again. */
    remember(address: string, wanted: Wanted): void {
      // Another key: it is another day's.
      if (address.length <= longestAddress && addresses.peek(address)?.key !== wanted.key)
        addresses.set(address, wanted)
    },

    forget(address: string): void {
      addresses.delete(address)
    },

    wantedAt: (address: string): Wanted | undefined => addresses.get(address),

    /** Whether the answer that an address asks for is kept, at any state of the log. */
    isKept(address: string): boolean {
      const wanted = addresses.get(address)
      return wanted !== undefined && entries?.has(wanted.key) === true
    },
  }
}

/** The bytes of an entry in a coding, made once; the plain ones where a coding saves nothing. */
export async function packEntry(entry: Entry, coding: Coding | undefined): Promise<Coding | undefined> {
  if (coding === undefined || entry.body.length < leastToPack) return undefined
  if (entry.packed.has(coding)) return coding
  let going = entry.packing.get(coding)
  if (!going) {
    going = pack[coding](entry.body).finally(() => entry.packing.delete(coding))
    entry.packing.set(coding, going)
  }
  entry.packed.set(coding, await going)
  return coding
}

/** The same, where it is there already: false where it has to be made first. */
export function packedAs(entry: Entry, coding: Coding | undefined): Coding | undefined | false {
  if (coding === undefined || entry.body.length < leastToPack) return undefined
  return entry.packed.has(coding) && coding
}

/** Whether Node writes headers and bytes at one go if both are strings, from its stack: some 16 KB. */
export const isSmall = (body: Buffer) => body.length <= 12 * 1024

function lengthOf(headers: Readonly<Record<string, string>>): number {
  return Object.values(headers).reduce((sum, value) => sum + value.length, 0)
}
