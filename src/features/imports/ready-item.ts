import type { Prepared } from '../desk/desk.ts'
import type { ArticleTexts } from './import-fields.ts'
import type { ReadyMedia } from './import-media.ts'
import type { WireItem } from './ninjs.ts'
import type { Passed } from './report.ts'

/**
 * An item as it comes into the transaction: `passed` says why it is not to be taken, `texts` are an article's own. `fault`
 * says why the fields of a withheld item cannot be taken: it is withheld all the same.
 */
export type ReadyItem = {
  wire: WireItem
  passed?: Passed
  fault?: Passed
  media: ReadyMedia[]
  texts?: { fields: Prepared<ArticleTexts>; remarks: readonly string[] }
}
