import { statfs } from 'node:fs/promises'

/** The bytes that a disk must have free to count as having room: less than a few commits need. */
const leastFree = 1024 * 1024

/** Whether the disk of a folder has room. */
export async function hasRoom(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize >= leastFree
}
