import type { App } from './app-type.ts'

/** `/`: where everything is, for a person or a program that was given only the address. */
export function homeRoutes(app: App): void {
  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=60')
    return {
      name: 'Dateline',
      today: '/v1/today',
      articles: '/v1/articles',
      tags: '/v1/tags',
      media: '/v1/media',
      changes: '/v1/changes',
      docs: '/docs',
      openapi: '/openapi.json',
      problems: '/problems',
      health: '/health/ready',
    }
  })
}
