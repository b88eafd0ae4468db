"""Words for locked things, for opening them, and of codes in general, in many languages.

Each entry is a list of regular expressions for lower case, divided by spaces; ``_`` stands for a
space.
"""

from __future__ import annotations

from collections.abc import Mapping

LOCK_WORDS: Mapping[str, str] = {
    "en": r"""gate\b (?:front_|back_|side_|garage_)?door\b alarm\b safe\b lockbox\b padlock\b locker\b garage\b keypad\b
        vault\b intercom\b buzzer\b (?:bike_|door_|combination_)?lock\b key_?safe\b key_?box\b burglar_alarm\b""",
    "de": r"""(?:haus|wohnungs|keller|garagen|vorder|hinter)?t[üu]r\b (?:garagen|hof)?tor\b alarm(?:anlage)?\b safe\b tresor\b
        schloss\b vorh[äa]ngeschloss\b spind\b schl[üu]sselbox\b schl[üu]sselkasten\b gegensprechanlage\b eingang\b""",
    "fr": r"portail\b portillon\b porte\b alarme\b coffre(?:-fort)?\b cadenas\b casier\b garage\b interphone\b immeuble\b bo[îi]te_[àa]_cl[ée]s?\b hall\b",
    "es": r"port[óo]n\b portal\b puerta\b alarma\b caja_fuerte\b candado\b taquilla\b garaje\b cochera\b cerradura\b portero\b verja\b",
    "pt": r"port[ãa]o\b alarme\b cofre\b cadeado\b arm[áa]rio\b garagem\b fechadura\b interfone\b pr[ée]dio\b",
    "it": r"cancello\b portone\b allarme\b antifurto\b cassaforte\b lucchetto\b armadietto\b garage\b citofono\b",
    "nl": r"poort\b (?:voor|achter)?deur\b alarm\b kluis(?:je)?\b hangslot\b slot\b garage\b sleutelkastje\b intercom\b",
    "pl": r"furtk\w* bram\w* drzwi\b alarm\w* sejf\w* k[łl][óo]dk\w* szafk\w* gara[żz]\w* domofon\w* zam(?:ek|ka)\b",
    "ru": r"ворот\w* калитк\w* двер\w* сигнализаци\w* сейф\w* зам(?:ок|ка)\b домофон\w* гараж\w* подъезд\w* шлагбаум\w* ячейк\w*",
    "uk": r"ворот\w* хвіртк\w* двер\w* сигналізац\w* сейф\w* замо?к\w* домофон\w* гараж\w* під'їзд\w*",
    "tr": r"kap[ıi](?:s[ıi]|n[ıi]n)?\b alarm(?:[ıi]n?)?\b kasa(?:n[ıi]n)?\b kilit\b kilid\w* garaj\w* dolap\b dolab\w* diyafon\b",
    "sv": r"grind(?:en)?\b (?:ytter)?d[öo]rr(?:en)?\b porten\b larm(?:et)?\b kassask[åa]p(?:et)?\b h[äa]ngl[åa]s(?:et)?\b sk[åa]p(?:et)?\b garaget?\b",
    "da": r"porten\b d[øo]ren\b alarmen\b boksen\b h[æa]ngel[åa]sen\b",
    "no": r"porten\b d[øo]ren\b d[øo]ra\b alarmen\b safen\b hengel[åa]sen\b",
    "fi": r"portti\b ovi\b h[äa]lytin\b kassakaappi\b lukko\b",
    "cs": r"vrat\w* bran\w* dve[řr]\w* alarm\w* trezor\w* z[áa]m(?:ek|ku)\b gar[áa][žz]\w*",
    "el": r"π[όο]ρτα\w* συναγερμ\w* χρηματοκιβ[ώω]τιο\w* λουκ[έε]το\w*",
    "id": r"pintu\b gerbang\b alarm\b brankas\b gembok\b loker\b",
    "vi": r"cổng\b cửa\b két_sắt\b khóa\b báo_động\b",
    "ar": r"(?:ال)?باب\w* (?:ال)?بوابة (?:ال)?خزنة (?:ال)?قفل (?:ال)?[إا]نذار (?:ال)?كراج",
    "he": r"[הלב]?שער [הלב]?דלת [הלב]?כספת [הלב]?מנעול [הלב]?אזעקה",
    "hi": r"दरवाज़े दरवाजे गेट तिजोरी लॉकर ताले ताला अलार्म",
    "zh": r"门禁? 門禁? 大门 大門 保险箱 保险柜 保險箱 锁 鎖 报警器 警報器 车库 車庫 储物柜",
    "ja": r"金庫 玄関 ドア 門 鍵 ロッカー 南京錠 警報 アラーム ガレージ オートロック",
    "ko": r"현관 대문 금고 자물쇠 도어락 사물함 알람 경보기 차고 공동현관",
    "th": r"ประตู ตู้เซฟ กุญแจ รั้ว",
}
"""Things that a code of digits opens or silences."""

OPENING_WORDS: Mapping[str, str] = {
    "en": r"""unlock(?:s|ed)?_(?:it_|them_)?(?:with|by|using)\b open(?:s|ed)?_(?:it_|up_)?(?:with|on|using)\b
        (?:goes|turns?|switch(?:es)?|shuts?)_(?:it_)?off_(?:with|by)\b (?:dis)?arms?_(?:it_)?with\b
        (?:keypad|alarm|safe|gate|lock)_(?:wants|takes|needs|expects)\b""",
    "de": r"""(?:geht|l[äa]sst_sich|[öo]ffnet_sich|[öo]ffnet|entsperrt_sich|entsperrt|entsperre|entriegelt|schaltet_man)_(?:\w{2,12}_){0,2}mit(?:_der|_dem)?\b
        (?:ent|auf)(?:sperren|schlie[ßs]+en)_mit\b aufmachen_mit\b""",
    "fr": r"(?:ouvre|d[ée]verrouille|d[ée]sactive|[ée]teint|coupe|d[ée]bloque)_avec(?:_le)?\b",
    "es": r"(?:abre|desbloquea|apaga|desactiva|quita|desarma)_con(?:_el)?\b",
    "pt": r"(?:abre|desbloqueia|desliga|desarma|desativa|destrava)_com(?:_o)?\b",
    "it": r"(?:apre|sblocca|spegne|disattiva|disarma)_con(?:_il)?\b",
    "nl": r"(?:gaat|opent|ontgrendelt?|opent_u)_(?:\w{2,8}_){0,2}met\b",
    "pl": r"(?:otwiera|odblokowuj[eę]|wy[łl][ąa]cza|rozbraja)_(?:si[ęe]_)?(?:na|kodem|przez)\b",
    "ru": r"(?:открыва\w+|разблокир\w+|снима\w+|отключа\w+)_(?:на|кодом|с_кодом|по_коду|через)\b",
    "uk": r"(?:відкрива\w+|відчиня\w+|розблок\w+|вимика\w+)_(?:на|кодом|з_кодом)\b",
    "sv": r"(?:[öo]ppnas|l[åa]ses_upp|st[äa]ngs_av|larmas_av)_med\b",
    "da": r"(?:[åa]bnes|l[åa]ses_op|sl[åa]s_fra)_med\b",
    "no": r"(?:[åa]pnes|l[åa]ses_opp|sl[åa]s_av)_med\b",
    "cs": r"(?:otev[íi]r[áa]|odemyk[áa])_se_(?:na|k[óo]dem)\b",
    "id": r"dibuka_dengan\b",
}
"""How something is opened or silenced: the code comes next."""

PLAIN_CODE_WORDS: Mapping[str, str] = {
    "en": r"code(?:'s)?\b",
    "de": r"code\b",
    "fr": r"code\b",
    "es": r"c[óo]digo\b",
    "pt": r"c[óo]digo\b",
    "it": r"codice\b",
    "pl": r"kod(?:em)?\b",
    "ru": r"код(?:ом)?\b",
    "uk": r"код(?:ом)?\b",
    "tr": r"kodu?\b",
    "sv": r"koden?\b",
    "da": r"koden?\b",
    "fi": r"koodi\b",
    "cs": r"k[óo]d\b",
    "el": r"κωδικ[όο]ς\b",
    "id": r"kode\b",
    "vi": r"mã\b",
    "ar": r"(?:ال)?رمز (?:ال)?كود",
    "he": r"ה?קוד",
    "hi": r"कोड",
    "zh": r"密码 密碼 代码",
    "ja": r"コード 番号",
    "ko": r"코드 번호",
    "th": r"รหัส",
}
"""A code of any kind: it opens something where a word for that stands beside it."""

OTHER_CODES = (
    r"zip|area|error|status|exit|country|post(?:al)?|promo\w*|discount|coupon|source|product|item|bar|qr|sort|swift|response|https?"
    r"|lot|dress|dial\w*|ref\w*|case|course|class|game|cheat|tax|fault|reason|department|project|charge|cost|colou?r|stock|batch|order"
    r"|return|penal|civil|fire|morse|unicode|billing|city|state|flight|airport|currency|referral|voucher|gift|training|machine"
    r"|postal|postale|erreur|barres|couleur|error|descuento|barras|área|postal|erro|desconto|errore|sconto|avviamento|fiscale|fehler"
    r"|b[łl][ęe]du|pocztowy|ошибки|почтовый|товара|города|страны|hata|posta|indirim|fel|post|fejl|slevov\w*"
)
"""Words beside "code" that make it no secret: a code of a place, an error, an offer."""
