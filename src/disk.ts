import { statfs } from 'node:fs/promises'

/** The bytes that a disk must have free to count as having room: less than a few commits need. */
const leastFree = 1024 * 1024

/** Whether the disk of a folder has room for more; `unreadable` where the folder is gone or its disk fails. */
export type Room = 'free' | 'full' | 'unreadable'

/** The room on the disk of a folder. */
export async function roomOf(folder: string): Promise<Room> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize >= leastFree ? 'free' : 'full'
  } catch {
    return 'unreadable'
  }
}
