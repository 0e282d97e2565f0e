import { loggable } from '../errors.ts'
import { startMakingBare } from '../features/media/make-bare.ts'
import type { Newsroom } from './newsroom.ts'

type Log = (level: 'info' | 'error', facts: object, message: string) => void

/** Makes the public originals that an earlier version left to make; the function that stops it. */
export function startMakingBareOf({ db, files }: Newsroom, log: Log): () => Promise<void> {
  return startMakingBare({
    db,
    files,
    onMade: media => log('info', { media }, `${media.length} pictures have a public original now`),
    onError: (error, media) => {
      const about = media === undefined ? 'pictures' : `the picture ${media}`
      log('error', { media, err: loggable(error) }, `no public original of ${about} can be made`)
    },
  })
}
