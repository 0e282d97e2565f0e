import { Type } from 'typebox'
import { closed, Id, Instant, listOf, NoMeta, named } from '../../http/schema.ts'

export const PreviewLinkInputSchema = named(
  'PreviewLinkInput',
  closed(
    {
      expiresAt: Type.Optional(
        Instant({ description: 'Until when it works: at most 24 hours ahead, and 24 hours unless said.' }),
      ),
    },
    { examples: [{}] },
  ),
)

const previewLink = {
  id: Id(),
  createdAt: Instant(),
  expiresAt: Instant(),
  revokedAt: Type.Optional(Instant()),
  keyId: Type.Optional(Id({ description: 'The key that made it.' })),
}

export const PreviewLinkSchema = named(
  'PreviewLink',
  closed(previewLink, { description: 'An address that shows one working copy without a key.' }),
)

export const NewPreviewLinkSchema = named(
  'NewPreviewLink',
  closed(
    {
      ...previewLink,
      url: Type.String({
        description: 'The address itself. It is shown this once; whoever has it may read the working copy.',
      }),
    },
    { description: 'A preview link just made.' },
  ),
)

export const PreviewLinkListSchema = listOf('PreviewLinkList', PreviewLinkSchema, NoMeta)

export const previewSchemas = [
  PreviewLinkInputSchema,
  PreviewLinkSchema,
  NewPreviewLinkSchema,
  PreviewLinkListSchema,
]
