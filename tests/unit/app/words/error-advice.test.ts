import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import type { ErrorCode } from '../../../../shared/errors.ts'
import { ERROR_CODES } from '../../../../shared/errors.ts'
import { readLocale } from '../../../support/app/locales.ts'

/*
 * What each error is about, written down by hand: an entry that came under another code says nothing of it. Loose enough
 * to survive another wording. Title; what it means; what to do.
 */
type About = readonly [title: RegExp, means: RegExp, remedy: RegExp]
const ENGLISH: Record<ErrorCode, About> = {
  CREDENTIAL_MALFORMED: [/cannot be used as a license key or token/, /form|prefix/, /copy it again/i],
  KEY_UNKNOWN: [/not know this key/, /no such license/, /key again.*support/i],
  LICENSE_EXPIRED: [/ended|expired/, /term/, /renew/i],
  LICENSE_REVOKED: [/revoked/, /withdrawn/, /support.*mistake/i],
  LICENSE_SUSPENDED: [/suspended/, /on hold|payment/, /account manager/i],
  METHOD_NOT_IN_PLAN: [/plan.*method/, /Enterprise/, /standard key/i],
  BOUND_TO_DIFFERENT_INSTALLATION: [/different installation/, /another Instance ID/, /re-issue/i],
  TOKEN_SIGNATURE_INVALID: [/signature/, /cut|changed/, /in full/i],
  TOKEN_UNKNOWN_SIGNER: [/signed with a key/, /trusts/, /update/i],
  TOKEN_WRONG_KIND: [/kind of token/, /not a license token/, /paste/i],
  TOKEN_CLAIMS_INVALID: [/contents/, /missing or out of range/, /reference.*support/i],
  TOKEN_NOT_YET_VALID: [/not valid yet/, /begins later/, /clock/i],
  TOKEN_OLDER_THAN_CURRENT: [/older/, /newer/, /newest/i],
  NET_DNS: [/name.*looked up/, /DNS/, /DNS/],
  NET_CONNECT: [/connection .* failed/i, /refused.*no response.*no route.*broke off/, /443/],
  NET_TIMEOUT: [/in time/, /10 seconds/, /few minutes.*diagnostics.*stuck/i],
  NET_TLS: [/secure/, /encryption.*certificate.*firewall.*expired.*clock/i, /diagnostics.*helps/],
  NET_PROXY: [/proxy/, /log-in|refused/, /HTTPS_PROXY/],
  NET_CAPTIVE_PORTAL: [/something else answered/i, /web page or a redirect.*sign-in or block page/i, /network team.*sign-in page.*firewall or proxy/i],
  SERVER_ERROR: [/could not answer/, /from the license server, or from something on the way/, /wait.*activating.*yourself/i],
  SERVER_RATE_LIMITED: [/asks this server to wait/, /too many calls/, /wait/i],
  SERVER_RESPONSE_INVALID: [/answer is not valid/, /could not verify/, /support bundle/i],
  SERVER_NOT_A_LICENSE_SERVER: [/not a license server/, /something else answered/i, /NC_LICENSE_SERVER_URL.*proxy.*firewall/],
  SERVER_REFUSED: [/refused/, /reason.*stays so until its grace period or its term ends/, /reason.*before then/],
  VALIDATION: [/field/, /empty/, /correct it/i],
  UNAUTHENTICATED: [/not signed in/, /session/, /sign in again/i],
  FEATURE_NOT_LICENSED: [/feature/, /not include/, /features in Admin Panel > License/i],
  FORBIDDEN: [/administrator/, /viewer/, /administrator/i],
  CROSS_SITE: [/another address/, /browser/, /NC_PUBLIC_URL/],
  NOT_FOUND: [/not there/, /removed|mistyped/, /reload/i],
  HTTP_METHOD: [/HTTP method/, /script/, /openapi/],
  CONFLICT: [/changed in the meantime/i, /somebody else/i, /current state/i],
  MANAGED_BY_ENV: [/NC_LICENSE_KEY/, /operator/, /NC_LICENSE_KEY.*restart/],
  NO_LICENSE: [/no license/, /none is stored/, /enter a license key/i],
  NO_CALLS_FOR_OFFLINE: [/offline.*no calls/, /without any server/, /new license token/i],
  PAYLOAD_TOO_LARGE: [/too much/i, /16\sKiB/, /only the key/i],
  RATE_LIMITED: [/too many attempts/i, /a minute/, /wait a minute/i],
  INTERNAL: [/in this server/, /fault of the program/, /support bundle.*log/i],
  STORAGE_UNAVAILABLE: [/database/, /kept/, /DATABASE_URL/],
}
const GERMAN: Record<ErrorCode, About> = {
  CREDENTIAL_MALFORMED: [/nicht als Lizenzschlüssel/, /Format|Präfix/, /noch einmal/],
  KEY_UNKNOWN: [/kennt diesen Schlüssel nicht/, /keine solche Lizenz/, /Schlüssel noch einmal/],
  LICENSE_EXPIRED: [/abgelaufen/, /Laufzeit/, /Abonnement/],
  LICENSE_REVOKED: [/widerrufen/, /zurückgezogen/, /Irrtum/],
  LICENSE_SUSPENDED: [/gesperrt/, /Zahlung/, /Account-Manager/],
  METHOD_NOT_IN_PLAN: [/Tarif/, /Enterprise/, /Standard-Schlüssel/],
  BOUND_TO_DIFFERENT_INSTALLATION: [/andere Installation/, /Instance ID/, /Neuausstellung/],
  TOKEN_SIGNATURE_INVALID: [/Signatur/, /abgeschnitten/, /vollständig/],
  TOKEN_UNKNOWN_SIGNER: [/Schlüssel signiert/, /vertraut/, /Aktualisieren/],
  TOKEN_WRONG_KIND: [/Art von Token/, /kein Lizenztoken/, /Fügen Sie/],
  TOKEN_CLAIMS_INVALID: [/Inhalt/, /fehlt/, /Referenz/],
  TOKEN_NOT_YET_VALID: [/noch nicht gültig/, /beginnt später/, /Uhr/],
  TOKEN_OLDER_THAN_CURRENT: [/älter/, /neuer/, /neueste/],
  NET_DNS: [/Name/, /DNS/, /DNS/],
  NET_CONNECT: [/Verbindung .* fehlgeschlagen/, /abgelehnt.*ohne Antwort.*brach ab.*kein Weg/, /443/],
  NET_TIMEOUT: [/rechtzeitig/, /10 Sekunden/, /einigen Minuten.*Diagnose.*hängen/],
  NET_TLS: [/verschlüsselte/, /Verschlüsselung.*Zertifikat.*Firewall.*abgelaufen.*Uhr/, /Diagnose.*hilft/],
  NET_PROXY: [/Proxy/, /Anmeldung/, /HTTPS_PROXY/],
  NET_CAPTIVE_PORTAL: [/etwas anderes geantwortet/, /Webseite oder eine Umleitung.*Anmelde- oder Sperrseite/, /Netzwerkteam.*Anmeldeseite.*Firewall oder im Proxy/],
  SERVER_ERROR: [/konnte nicht antworten/, /Lizenzserver oder etwas auf dem Weg/, /Warten.*Aktivierung.*selbst/],
  SERVER_RATE_LIMITED: [/Wartezeit/, /zu viele/, /Warten/],
  SERVER_RESPONSE_INVALID: [/Antwort.*ungültig/, /verifizieren/, /Support-Paket/],
  SERVER_NOT_A_LICENSE_SERVER: [/kein Lizenzserver/, /etwas anderes geantwortet/, /NC_LICENSE_SERVER_URL.*Proxy.*Firewall/],
  SERVER_REFUSED: [/abgelehnt/, /Grund.*in Kraft.*Kulanzfrist.*Laufzeit/, /vorher.*Grund/],
  VALIDATION: [/Eingabe/, /Feld/, /Korrigieren/],
  UNAUTHENTICATED: [/nicht angemeldet/, /Sitzung/, /erneut an/],
  FEATURE_NOT_LICENSED: [/Funktion/, /enthält/, /Funktionen/],
  FORBIDDEN: [/Administrator/, /Betrachter/, /Administrator/],
  CROSS_SITE: [/anderen Adresse/, /Browser/, /NC_PUBLIC_URL/],
  NOT_FOUND: [/gibt es nicht/, /entfernt/, /neu/],
  HTTP_METHOD: [/HTTP-Methode/, /Skript/, /openapi/],
  CONFLICT: [/Inzwischen/, /Jemand anderes/, /aktuellen Stand/],
  MANAGED_BY_ENV: [/NC_LICENSE_KEY/, /Betreiber/, /NC_LICENSE_KEY/],
  NO_LICENSE: [/keine Lizenz/, /keine gespeichert/, /Geben Sie zuerst/],
  NO_CALLS_FOR_OFFLINE: [/Offline/, /ohne jeden Server/, /neues Lizenztoken/],
  PAYLOAD_TOO_LARGE: [/zu viel Text/, /16\sKiB/, /nur den Schlüssel/],
  RATE_LIMITED: [/Zu viele Versuche/, /pro Minute/, /eine Minute/],
  INTERNAL: [/In diesem Server/, /Programmfehler/, /Log/],
  STORAGE_UNAVAILABLE: [/Datenbank/, /erhalten/, /DATABASE_URL/],
}

const translatorOf = (locale: string) => createI18n({ legacy: false, locale, messages: { [locale]: readLocale(locale) } }).global.t

describe.each([['en', ENGLISH], ['de', GERMAN]] as const)('in %s', (locale, about) => {
  const t = translatorOf(locale)
  it.each(ERROR_CODES)('the entry of %s is about that error', (code) => {
    const [title, means, remedy] = about[code]
    expect(t(`errors.${code}.title`)).toMatch(title)
    expect(t(`errors.${code}.means`)).toMatch(means)
    expect(t(`errors.${code}.do`)).toMatch(remedy)
  })
})

describe.each(LANGUAGES.map(({ code }) => code))('in %s', (locale) => {
  const t = translatorOf(locale)
  it('every error has a title, a meaning and a remedy, and no two share a title or a meaning', () => {
    for (const part of ['title', 'means'] as const) {
      const texts = ERROR_CODES.map(code => t(`errors.${code}.${part}`))
      expect(texts.filter(text => text.startsWith('errors.') || text.length < 3)).toEqual([])
      expect(texts.filter((text, at) => texts.indexOf(text) !== at)).toEqual([])
    }
    expect(ERROR_CODES.filter(code => t(`errors.${code}.do`).startsWith('errors.'))).toEqual([])
  })
})
