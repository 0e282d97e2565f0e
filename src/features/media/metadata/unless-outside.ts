/** The result of reading bytes; undefined where a length or a place leads out of them (Buffer throws RangeError). */
export function unlessOutside<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
