const letters: Readonly<Record<string, string>> = {
  // Bulgarian: Transliteration Act (State Gazette 19/2009), article 2.
  ...{ а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ж: 'zh', з: 'z', и: 'i', й: 'y', к: 'k', л: 'l' },
  ...{ м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ф: 'f', х: 'h', ц: 'ts', ч: 'ch' },
  ...{ ш: 'sh', щ: 'sht', ъ: 'a', ь: 'y', ю: 'yu', я: 'ya' },
  // Russian, Ukrainian, Belarusian, Serbian, Macedonian
  ...{ ы: 'y', э: 'e', ё: 'yo', і: 'i', ї: 'yi', є: 'ye', ґ: 'g', ў: 'u', ѣ: 'e', ѫ: 'a' },
  ...{ ђ: 'dj', ј: 'j', љ: 'lj', њ: 'nj', ћ: 'c', џ: 'dz', ѓ: 'gj', ќ: 'kj', ѕ: 'dz' },
  // Greek
  ...{ α: 'a', β: 'v', γ: 'g', δ: 'd', ε: 'e', ζ: 'z', η: 'i', θ: 'th', ι: 'i', κ: 'k', λ: 'l', μ: 'm' },
  ...{
    ν: 'n',
    ξ: 'x',
    ο: 'o',
    π: 'p',
    ρ: 'r',
    σ: 's',
    ς: 's',
    τ: 't',
    υ: 'y',
    φ: 'f',
    χ: 'ch',
    ψ: 'ps',
    ω: 'o',
  },
  // Latin letters that no decomposition takes apart
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ħ: 'h', ı: 'i', ĸ: 'k', ŋ: 'ng' },
  ...{ ŧ: 't', ſ: 's', ə: 'e' },
}

/** Where the reader of another language expects other letters than the Bulgarian act gives. */
const lettersByLanguage: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ru: { щ: 'shch', ъ: '', ь: '' },
  uk: { щ: 'shch', ь: '', г: 'h', и: 'y' },
  be: { ь: '', г: 'h' },
  de: { ä: 'ae', ö: 'oe', ü: 'ue' },
}

/**
 * A text in lower-case Latin letters as far as letters are known here; every other character is left as it was. The
 * Bulgarian act rules Cyrillic, a primary language (BCP 47) of ru, uk or be bends it.
 */
export function transliterate(text: string, language = ''): string {
  // All of it is Latin already, as most English is.
  if (!/[^\0-\x7f]/.test(text)) return text.toLowerCase()
  const primary = language.toLowerCase().split('-')[0] ?? ''
  const own = Object.hasOwn(lettersByLanguage, primary) ? lettersByLanguage[primary] : undefined
  // NFC joins й and ї, whose breve and dots matter; the marks left over are stress and tone, which do not.
  const plain = text
    .normalize('NFC')
    .toLowerCase()
    .normalize('NFC')
    .replace(/\p{M}/gu, '')
    .replace(/ου/g, 'ou')
  // Articles 6 and 7 of the act: the name of the country, and -ия at the end of a word.
  const worded =
    own === undefined
      ? plain.replace(/(?<!\p{L})българия(?!\p{L})/gu, 'bulgaria').replace(/ия(?!\p{L})/gu, 'ia')
      : plain
  let result = ''
  for (const letter of worded) result += own?.[letter] ?? letters[letter] ?? fold(letter)
  return result
}

/** A letter without its diacritics, a compatibility form (full-width, ligature) as its plain letters. */
function fold(letter: string): string {
  if (letter <= '\x7f') return letter
  let result = ''
  for (const part of letter.normalize('NFKD').toLowerCase()) {
    if (!/\p{M}/u.test(part)) result += letters[part] ?? part
  }
  return result
}
