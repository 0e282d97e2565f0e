import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { isLanguage } from './language.ts'

type Setting<T> = {
  /** The default as written in the environment; undefined when the setting may be absent. */
  default?: string
  meaning: string
  read(text: string): T
  /** Its value may hold a password, so an error does not say it. */
  hide?: boolean
}

/** Where the newsroom is kept. */
export type Database = { engine: 'sqlite'; file: string } | { engine: 'postgres'; url: string }

class SettingError extends Error {}

const integer = (least: number, most: number) => (text: string) => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new SettingError(`must be a whole number from ${least} to ${most}`)
  }
  return value
}

const list = (text: string) =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

const isPostgres = (text: string) => /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text)

/** An IP address, or a network of them as `10.0.0.0/8`. */
const network = (text: string) => {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  if (version === 0 || !fits || more.length > 0)
    throw new SettingError('must be IP addresses or networks, such as 127.0.0.1,10.0.0.0/8')
  return text
}

const webAddress = (text: string) => {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw new SettingError('must be an http or https address without a query')
  }
  return text.replace(/\/$/, '')
}

const header = (text: string) => {
  const [, name = '', value = ''] = /^\s*([\w-]+)\s*:\s*(\S(?:.*\S)?)\s*$/.exec(text) ?? []
  if (name === '') throw new SettingError('must be `Name: value`, with ; between two of them')
  return [name, value] as const
}

/** Every setting, once: its default, its meaning and its rule. The README's table is checked against this one. */
export const settings = {
  HOST: setting({ default: '127.0.0.1', meaning: 'The address to listen on.', read: text => text }),
  PORT: setting({
    default: '3000',
    meaning: 'The port to listen on; 0 takes a free one.',
    read: integer(0, 65535),
  }),
  DATA_DIR: setting({
    default: './data',
    meaning: 'The folder of the database and the pictures.',
    read: text => resolve(text),
  }),
  DATABASE_URL: setting({
    meaning: 'The database, as `sqlite:PATH` or `postgres://...`. Unset: `dateline.sqlite` in `DATA_DIR`.',
    read: (text): Database => {
      if (isPostgres(text)) return { engine: 'postgres', url: text }
      if (!text.startsWith('sqlite:') || text.length === 7)
        throw new SettingError('must be sqlite: and a path, or a postgres:// address')
      return { engine: 'sqlite', file: resolve(text.slice(7)) }
    },
    hide: true,
  }),
  DATABASE_REPLICA_URLS: setting({
    default: '',
    meaning: 'PostgreSQL replicas that public reads may come from, as `postgres://...`, comma-separated.',
    read: text => {
      const urls = list(text)
      if (!urls.every(isPostgres)) throw new SettingError('must be postgres:// addresses')
      return urls
    },
    hide: true,
  }),
  TIME_ZONE: setting({
    default: 'UTC',
    meaning: 'The IANA time zone of the newsroom, whose days are its news days.',
    read: text => {
      if (!/^[A-Za-z]/.test(text) || !knownZone(text))
        throw new SettingError('must be an IANA time zone, such as Europe/Sofia')
      return text
    },
  }),
  LANGUAGE: setting({
    default: 'en',
    meaning: 'The language of names and labels when none is asked for (BCP 47).',
    read: text => {
      // Articles that an import brings in without a language are in this one.
      if (!isLanguage(text)) throw new SettingError('must be a language tag, such as en or en-GB')
      return text
    },
  }),
  PUBLIC_URL: setting({
    meaning: 'The address readers use; every absolute address is made from it. Unset: `http://HOST:PORT`.',
    read: webAddress,
  }),
  ARTICLE_URL: setting({
    meaning:
      'The address of an article on the public site, such as `https://site.example/{language}/{slug}`.',
    read: text => {
      if (!/\{(slug|id)\}/.test(text) || !URL.canParse(text.replace(/\{\w+\}/g, 'x'))) {
        throw new SettingError('must be an address with {slug} or {id} in it')
      }
      return text
    },
  }),
  TRUST_PROXY: setting({
    default: '',
    meaning: 'Addresses or networks of proxies whose X-Forwarded-For is believed, comma-separated.',
    read: text => list(text).map(network),
  }),
  REVIEW: setting({
    default: 'optional',
    meaning: '`required`: only an approved working copy can be published or scheduled; else `optional`.',
    read: text => {
      if (text !== 'required' && text !== 'optional') throw new SettingError('must be required or optional')
      return text
    },
  }),
  EDITORIAL_ORIGINS: setting({
    default: '',
    meaning: 'Origins whose pages may call the editorial tree from a browser, comma-separated.',
    read: text => list(text).map(webAddress),
  }),
  LOG_LEVEL: setting({
    default: 'info',
    meaning: 'fatal, error, warn, info, debug, trace or silent.',
    read: text => {
      if (!/^(fatal|error|warn|info|debug|trace|silent)$/.test(text))
        throw new SettingError('must be a level of the log')
      return text
    },
  }),
  RATE_LIMIT: setting({
    default: '600',
    meaning: 'Requests a minute for each key, else for each address (an IPv6 /64 counts as one); or `off`.',
    read: text => (text === 'off' ? undefined : integer(1, 1_000_000_000)(text)),
  }),
  CACHE_SECONDS: setting({
    default: '10,60,30,300',
    meaning: 'max-age, s-maxage, stale-while-revalidate and stale-if-error of public answers.',
    read: text => {
      const [maxAge, sharedMaxAge, revalidate, ifError, ...more] = list(text).map(integer(0, 31_536_000))
      if (ifError === undefined || more.length > 0) throw new SettingError('must be four whole numbers')
      return {
        maxAge: maxAge as number,
        sharedMaxAge: sharedMaxAge as number,
        revalidate: revalidate as number,
        ifError,
      }
    },
  }),
  RESPONSE_CACHE: setting({
    default: '67108864',
    meaning:
      'Bytes of ready answers kept in memory, in each process; 0 keeps none. What known addresses ask for takes up to 32 MB more.',
    read: integer(0, 100_000_000_000),
  }),
  CDN_PURGE_URL: setting({
    meaning:
      'Where a cache in front is told what to forget: a POST with the tags in `Surrogate-Key` and in JSON.',
    read: webAddress,
  }),
  CDN_PURGE_HEADERS: setting({
    default: '',
    meaning: 'Headers of that request, as `Name: value`, with `;` between two of them.',
    read: (text): Record<string, string> => Object.fromEntries(text.split(';').filter(Boolean).map(header)),
    hide: true,
  }),
  QUERY_TIMEOUT: setting({
    default: '2000',
    meaning: 'Milliseconds after which a query that no index serves is given up.',
    read: integer(10, 600_000),
  }),
  UPLOAD_LIMIT: setting({
    default: '52428800',
    meaning: 'The largest picture file taken, in bytes.',
    read: integer(1000, 2_000_000_000),
  }),
}

export type Config = { [K in keyof typeof settings]: ReturnType<(typeof settings)[K]['read']> | Absent<K> }
type Absent<K extends keyof typeof settings> = (typeof settings)[K] extends { default: string }
  ? never
  : undefined

function setting<T, S extends Setting<T>>(row: S & Setting<T>): S & { read(text: string): T } {
  return row
}

/** A setting that cannot be used: the message names it, its value and its rule. */
export class ConfigError extends Error {}

/**
 * Reads every setting, with `defaults` of the command in place of the table's. An empty value counts as unset.
 * Throws ConfigError naming each setting that is wrong.
 */
export function readConfig(
  environment: NodeJS.ProcessEnv,
  defaults: Partial<Record<keyof Config, string>> = {},
): Config {
  const wrong: string[] = []
  const config: Record<string, unknown> = {}
  for (const [name, row] of Object.entries<Setting<unknown>>(settings)) {
    const text = environment[name] || (defaults[name as keyof Config] ?? row.default)
    try {
      config[name] = text === undefined ? undefined : row.read(text)
    } catch (error) {
      if (!(error instanceof SettingError)) throw error
      wrong.push(`${name}=${row.hide ? '...' : text} ${error.message}`)
    }
  }
  const { DATABASE_URL, DATABASE_REPLICA_URLS } = config as Config
  if (DATABASE_REPLICA_URLS?.length > 0 && DATABASE_URL?.engine !== 'postgres')
    wrong.push('DATABASE_REPLICA_URLS=... needs DATABASE_URL to be a postgres:// address')
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'))
  return config as Config
}

/** The environment of the process, with what `.env` in the working folder adds to it. */
export function environmentWithFile(): NodeJS.ProcessEnv {
  try {
    process.loadEnvFile('.env')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return process.env
}

function knownZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
