"""Words that announce a password, a key or a code, in many languages, and the words between it
and them.

Each entry is a list of regular expressions for lower case, divided by spaces; ``_`` stands for a
space.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

PASSWORD_WORDS: Mapping[str, str] = {
    "en": r"""pass(?:word|wd|phrase|code)s? pass(?=["']?\s*[:=]|_is_|'s_) pwd pw(?=\s*[:=]|_is\b)
        (?:wi-?fi|network|router)_key maiden_name code_?word wi-?fi(?='s_|_is_|:)
        unlock(?:s|ed)?_(?:it_)?(?:with|using)
        (?:laptop|computer|pc|mac|phone|tablet)_opens_with log_?in_as_\w{2,24}_with
        to_log_?in(?:to)?_(?:\w{1,12}_){0,4}(?:type|put|enter|use)
        user(?:name)?:?_\S{2,32}_pass(?:word)?:? (?:totp|2fa|otp|mfa|authenticator)_(?:secret|key|seed)
        what(?:'s|s|_is)_(?:the|your|ur)_wi-?fi(?=_?[?]?\x1e)
        (?:log-?in|credentials|creds)(?:'s|_is|_are|:)_\S{2,40}_?[/|](?=_)""",
    "de": r"passw[öo]rt(?:er|es)? kennw[öo]rt(?:er|es)? losung(?:swort)? (?:wlan|wifi)-?(?:schl[üu]ssel|passwort|kennwort) codewort m[äa]dchenname\w* (?:entsperrt|entsperre)_(?:\w{2,12}_){0,2}mit (?:wlan|wi-?fi)\b[^.?!\n\x1e]{0,24}?_der_schl[üu]ssel",
    "fr": r"mots?_de_passe mdp code_(?:du_)?wi-?fi phrase_(?:de_passe|secr[èe]te) passe(?=_(?:est|:)) nom_de_jeune_fille d[ée]verrouille_avec pour_(?:la_session|ouvrir|entrer)_(?:\w{1,12}_){0,4}(?:mets|tapes?|tapez)",
    "es": r"contrase[ñn]as? (?:mi|la|tu)_contra(?=_(?:del?_(?:la_)?\w{2,12}_)?es_) clave(?:_de_acceso)? clave_del?_(?:wi-?fi|router|correo) palabra_clave apellido_de_soltera desbloquea_con para_(?:entrar|acceder)_(?:\w{1,12}_){0,4}(?:pon|mete|escribe|teclea)",
    "pt": r"senhas? palavra-passe palavra_passe nome_de_solteira desbloqueia_com",
    "it": r"password parola_d'ordine parola_chiave chiave_(?:del_)?wi-?fi cognome_da_nubile sblocca_con",
    "nl": r"wachtwoord(?:en)? wachtzin",
    "pl": r"has[łl](?:o|a|em)",
    "ru": r"парол[ьяюем]{1,2} кодов\w{2}_слов\w{1,3} девич\w{2,4}_фамили\w",
    "uk": r"парол[ьяюем]{1,2}",
    "tr": r"[şs]ifre(?:si|m|mi|n|niz)? parola(?:s[ıi]|m|n)?",
    "sv": r"l[öo]senord(?:et)?",
    "da": r"adgangskoden? kodeord(?:et)?",
    "no": r"passord(?:et)?",
    "fi": r"salasana(?:ni|si|mme)?",
    "cs": r"hesl[oa]",
    "el": r"κωδικ[όο][ςσ]",
    "hu": r"jelsz[óo](?:m|d)?",
    "ro": r"parola",
    "vi": r"mật_khẩu mat_khau",
    "id": r"kata_sandi(?:nya|ku|mu)? sandi(?:nya|ku|mu)?",
    "ar": r"كلمة_ال?(?:مرور|سر)(?:_ل\w{2,12})? كلمة_(?:مرور|سر) ال?باسورد باسوورد",
    "fa": r"رمز_(?:عبور|وایفای|وای_?فای|کارت|ورود|دوم)(?:_(?:من|ما))? گذرواژه پسورد",
    "he": r"סיסמה הסיסמה סיסמא",
    "hi": r"पासवर्ड कूटशब्द",
    "zh": r"密码 密碼 口令 通行码",
    "ja": r"パスワード 暗証 パス(?=[はを:]) 合言葉",
    "ko": r"비밀번호 비번 패스워드 암호",
    "th": r"รหัสผ่าน รหัสไวไฟ รหัส_?wi-?fi พาสเวิร์ด",
}
KEY_WORDS: Mapping[str, str] = {
    "en": r"""(?:api|access|secret|private|auth|bearer|session|refresh|client|signing|encryption)_(?:key|token|secret)s?
        apikey secret token authorization connection_string dsn""",
    "de": r"(?:api|zugangs|geheim)-?schl[üu]ssel privater_schl[üu]ssel",
    "fr": r"cl[ée]s?_(?:d')?(?:api|secr[èe]te|priv[ée]e|acc[èe]s) jeton",
    "es": r"clave_(?:de_)?(?:la_)?api clave_(?:secreta|privada) llave_privada",
    "pt": r"chave_(?:da_|de_)?api chave_(?:do_)?pix chave_(?:secreta|privada)",
    "it": r"chiave_(?:api|segreta|privata)",
    "nl": r"api-?sleutel geheime_sleutel",
    "pl": r"klucz(?:_api|_prywatny)?",
    "ru": r"(?:апи-?|секретный_|приватный_|закрытый_)?ключ токен",
    "tr": r"api_anahtar[ıi]\w* gizli_anahtar\w*",
    "zh": r"密钥 私钥 密鑰 令牌",
    "ja": r"秘密鍵 apiキー トークン",
    "ko": r"api_?키 비밀키 토큰",
    "ar": r"مفتاح",
    "hi": r"कुंजी टोकन",
}
CODE_WORDS: Mapping[str, str] = {
    "en": r"""pin(?:_code|_number)?s? otp (?:2fa_|recovery_|rescue_)?(?:backup|recovery|rescue)_codes? (?:verification|confirmation|entry|access)_(?:number|digits)(?=_?\S{0,3}_\d) cv[vc]2? cid csc security_(?:number|digits) passcode combination combo
        code(?=_(?:for|to|of)_(?:the_|my_|our_)?(?:gate|door|house|building|alarm|safe|garage|lock|phone|account|bank|wifi|room|apartment|flat|office)\b)
        (?:verification|security|one-time|sms|2fa|mfa|confirmation|access|log-?in|door|gate|alarm|entry|safe|unlock|lock|voicemail|auth(?:entication)?|garage|keypad|activation)_code
        (?:three|3|four|4)(?:_digits|_numbers)?_(?:on|at)_the_back code(?=_(?:for|to|of)_(?:the_|my_|our_)?\w{2,16}'s_\d)
        unlock_(?:your|my|the|his|her|ur)_(?:i?phone|laptop|computer|tablet|ipad|mac|safe|door|gate)(?=[?]?\x1e)
        (?:punch|key)_in(?=_\d) (?:type|press|dial|enter)(?=_\d{4,8}_(?:and|then)_(?:the_)?(?:hash|pound|star|tick|check|green|enter)\b)
        (?:2fa|mfa|authenticator|otp|sms|code)(?:_app)?_(?:says|said|shows|showed|reads|sent|gave)(?:_me|_us)?(?=_\d)""",
    "de": r"""(?:best[äa]tigungs|sicherheits|zugangs|einmal|t[üu]r|alarm|verifizierungs|freischalt|anmelde)code geheimzahl
        code(?=_(?:f[üu]r|von|vom|zu|zum|zur)_(?:die_|das_|den_|der_|dem_|unsere?n?_|meine?n?_)?(?:t[üu]r|haust[üu]r|garage|tor|alarm\w*|schloss|safe|tresor|eingang|handy|wohnung)\b)
        drei_(?:ziffern|zahlen)_(?:hinten|auf_der_r[üu]ckseite) geheimnummer pr[üu]f(?:ziffer|nummer|zahl) kartenpr[üu]fnummer tan
        (?:tippe?|dr[üu]cke?|gib|eingeben)(?=_\d{4,8}_(?:und|dann)_(?:raute|stern)\b)""",
    "fr": r"""trois_chiffres_(?:au_dos|au_verso|derri[èe]re) crypto(?=_(?:c'est_|est_|:_?)?\d{3}\b) code_(?:de_|du_|des_)?(?:l'|la_)?(?:immeuble|portail|parking|cadenas|coffre|entr[ée]e|maison|alarme|garage|hall|carte|v[ée]rification|confirmation|s[ée]curit[ée]|secret|confidentiel|validation|porte|d'acc[èe]s|pin) cryptogramme
        digicode (?:tapes?|tapez|composes?|composez)(?=_\d{4,8}_(?:et|puis)_(?:di[èe]se|[ée]toile)\b)
        alarme,?_tu_(?:tapes|composes)(?=_\d{4,8}\b)""",
    "es": r"c[óo]digo_(?:de_)?(?:verificaci[óo]n|seguridad|confirmaci[óo]n|acceso|la_puerta|la_alarma|pin|del?_(?:portal|edificio|garaje|candado|caja)\w*) tres_(?:d[íi]gitos|n[úu]meros)_(?:de_atr[áa]s|del_reverso) clave_din[áa]mica n[úu]mero_secreto nip (?:marcas?|teclea|pulsa|mete)(?=_\d{4,8}_y_(?:almohadilla|asterisco)\b)",
    "pt": r"c[óo]digo_(?:de_)?(?:verifica[çc][ãa]o|seguran[çc]a|confirma[çc][ãa]o|acesso|porta|d[ao]_(?:port[ãa]o|porta|pr[ée]dio|alarme|garagem|cadeado|cofre)) tr[êe]s_(?:d[íi]gitos|n[úu]meros)_(?:de_tr[áa]s|do_verso) (?:digita|tecla|aperta)(?=_\d{4,8}_e_(?:jogo_da_velha|cardinal|asterisco)\b) alarme_(?:desliga|desarma)_com(?=_\d{4,8}\b)",
    "it": r"codice_(?:di_)?(?:verifica|sicurezza|conferma|accesso|segreto|pin|del(?:l'|la_|_)(?:porta|portone|cancello|allarme|garage|lucchetto|cassaforte)) tre_(?:cifre|numeri)_(?:dietro|sul_retro) (?:digita|digiti|premi)(?=_\d{4,8}_e_(?:cancelletto|asterisco)\b)",
    "nl": r"drie_cijfers_(?:achterop|op_de_achterkant) (?:verificatie|beveiligings|toegangs|pin|deur|poort|alarm|garage)code code(?=_van_(?:de_|het_)?(?:deur|poort|garage|alarm|kluis|voordeur)\b) pin",
    "pl": r"kod_(?:pin|weryfikacyjny|dost[ęe]pu|sms|do_\w{3,12}) pin(?:u|em)?(?:_(?:do_)?karty)?",
    "ru": r"пин(?:-?код\w*)?(?:_(?:от_)?карт\w)? код_(?:от_)?(?:подтверждения|доступа|безопасности|из_смс|домофона|из_sms|подъезда|двери|сейфа|замка|сигнализации)",
    "uk": r"пін(?:-?код\w*)?(?:_(?:від_)?картк\w)? код_(?:підтвердження|доступу)",
    "tr": r"do[ğg]rulama_kodu onay_kodu g[üu]venlik_kodu pin_kodu kap[ıi]_kodu alarm_kodu",
    "sv": r"(?:verifierings|s[äa]kerhets|port|pin)-?kod(?:en)? koden",
    "da": r"pinkode(?:n)? sikkerhedskode",
    "cs": r"(?:ov[ěe][řr]ovac[íi]|bezpe[čc]nostn[íi])_k[óo]d",
    "vi": r"mã_(?:pin|otp|xác_minh|xác_nhận|bảo_mật)",
    "id": r"kode_(?:otp|verifikasi|pin|keamanan)",
    "ar": r"رمز_ال?(?:تحقق|تأكيد|دخول|أمان) ال?رقم_ال?سري(?:_ل\w{2,12})? رمز_(?:pin|otp)",
    "fa": r"کد_(?:تایید|تأیید|پیامکی|فعالسازی)",
    "he": r"קוד_(?:אימות|סודי|כניסה)",
    "hi": r"पिन ओटीपी सत्यापन_कोड",
    "zh": r"验证码 驗證碼 动态码 校验码 安全码 門禁密碼 取件码",
    "ja": r"暗証番号 認証コード 確認コード セキュリティコード ワンタイムパスワード",
    "ko": r"인증_?번호 인증_?코드 보안_?코드 확인_?코드 핀_?번호",
    "th": r"รหัส(?:otp|ยืนยัน|พิน)",
}

COPULAS = (
    r"is|was|=|es|era|c'est|est|ist|war|lautet|[éèe]['h]?|è|im|byl[oa]?|jest|to|это|era|är|er|on|je|είναι|é|ist|dır|adalah|là|هي|هو|है|הוא|היא|este|—|-|are|sind|sont|son|sono|são|zijn"
    r"|changed to|ge[äa]ndert (?:auf|in|zu)|chang[ée]e? (?:en|pour)|cambi[óo] (?:a|por)|mudou (?:pra|para)|cambiat[ao] in"
    r"|veranderd (?:naar|in)|zmienione na|(?:сменил|поменял)\w* на|[äa]ndrat till"
)
"""Words for "is", with spaces around, between a word and the secret that it announces."""

IT_IS = r"it'?s|it is|that'?s|es ist|das ist|c'est|es|è|é|het is|to|это|det är|bu"
"""The same after a comma: "the pin, it's 5582"."""

PLURAL_COPULAS = r"are|sind|sont|son|sono|são|zijn"
"""Words of the plural: a word after them is more often about passwords than one of them."""

STILL = (
    r"now|still|currently|just|always|jetzt|(?:immer )?noch|aktuell|einfach|maintenant|toujours|encore|ahora|todavía|siempre|agora|ainda|sempre"
    r"|adesso|ancora|numera|nu|nog|altijd|teraz|nadal|zawsze|теперь|сейчас|всё ещё|şimdi|hâlâ|fortfarande"
)
"""Words that may stand behind "is": the password is still the same."""

VERBS = r"just|put|put in|enter|use|try|it'?s|i think|is|nimm|nehmt|benutz|gib|mets|tape|utilise|pon|usa|usar|coloca|põe|metti|gebruik|wpisz|вводи|введи|gir|skriv"
"""Verbs for the use of a password or a code."""

OF_NONE = (
    r"manager|policy|policies|reset|resets|field|fields|prompt|page|protection|hash|hashing|hashes|generator|length|strength|hint|change|changes"
    r"|rules?|requirements?|feature|screen|box|form|check|checker|storage|vault|sharing|hygiene|security|recovery|list|database|file|thing|problem|issue|stuff|situation"
)
"""Nouns after "password" of which something else is said than the password itself."""

HESITATIONS = (
    r"wait|um+|uh+|er+|hmm+|hang on|one sec(?:ond)?|let me (?:see|think)|moment|warte(?: mal)?|äh+m?|[äa]lso|attends|euh+|alors"
    r"|espera|a ver|este|eh+|pera[íi]?|deixa eu ver|aspetta|allora|wacht|even kijken|czekaj|подожди|секунду|сейчас|bekle|v[äa]nta"
)
"""Words that somebody says while looking for a password."""

ARTICLES = r"the|die|der|das|la|le|el|lo|il|o|a|de|het"
"""Articles that may stand between "is" and a code: "die PIN ist die 4711"."""

GLUED_COPULAS = r"改成了?|改为|換成|换成了?|是|为|為|就是|は|が|を|는|은|가|이|คือ|："
"""The same where no spaces are written."""

BETWEEN = r"number|de|du|del|do|da|für|for|of|to|login|wifi|wlan|wi-fi|the|my|is now|now|от|від|для|od|na|no|ke|untuk|cho|până|до|do|til|voor|van|di|della|per|para|pour|le|la|el|ici|here|again"

AMBIGUOUS: frozenset[str] = frozenset(
    {
        "clave",
        "clave de",
        "parola",
        "losung",
        "losungswort",
        "passe",
        "mi contra",
        "la contra",
        "tu contra",
        "pass",
        "palabra clave",
        "parola chiave",
        "암호",
        "code",
    }
)
"""Words for a password that mean other things too ("the key is to listen"): no plain word after
them is one.
"""


def patterns(words: Mapping[str, str]) -> Iterator[str]:
    """Yield the words of all languages as patterns."""
    return (word.replace("_", "[ _-]?") for entry in words.values() for word in entry.split())
