/** A POST that may be sent again: in whose name, under what Idempotency-Key, and a hash of what it asks for. */
export type Post = {
  actor: { readonly by: 'key'; readonly keyId: string }
  idempotencyKey: string | undefined
  request: string
}

/** The whole answer to a POST. */
export type Answer = { status: number; headers: Record<string, string>; body: unknown }
