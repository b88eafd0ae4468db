"""Words before a number that tell its kind, by language: a telephone's number, an order's, an
account's.

Each entry is a list of regular expressions for lower case, divided by spaces; ``_`` stands for a
space.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cgp.privacy.context import said_before

PHONE_WORDS: Mapping[str, str] = {
    "en": r"""(?:tele|cell|smart|mobile_)?phones?\b tel\b cell?\b mobile\b fax\b whats_?app\b
        (?:call|text|ring|dial|reach|phone)\b (?:my|your|his|her|our|their)_(?:new_|old_)?number\b
        hotline\b landline\b (?:direct|office|home|work|desk|phone)_line\b line(?=:|_is\b) contact_number\b
        (?:my|your|his|her)_digits\b what(?:'s|_is)_(?:the|her|his|their)_number\b""",
    "de": r"""telefon\w* tel\b handy\w* mobil\w* festnetz\w* rufnummer\w* durchwahl\w*
        (?:meine|deine|ihre|seine|unsere|eure)r?_(?:neue_)?nummer\b schweizer_nummer\b r[uü]ckruf\w* anruf\w*
        erreich\w* ruf\w*_(?:mich|uns|ihn|sie)\b""",
    "fr": r"""t[ée]l[ée]phone\w* t[ée]l\b portable\b fixe\b r?appel\w* joindre\b joignable\b
        (?:mon|ton|son|votre|notre|leur)_(?:nouveau_)?num[ée]ro\b je_suis_au\b""",
    "es": r"""tel[ée]fonos?\b tel\b m[óo]vil\b celular\b cel\b celu\b fijo\b whatsapp\b wasap\b ll[áa]m[ae]\w* marca(?:me|r)?\b
        (?:mi|tu|su|nuestro)_(?:nuevo_)?n[úu]mero\b""",
    "pt": r"""telefone\w* telem[óo]vel\b celular\b zap\b fixo\b (?:me_)?lig(?:a|ue|ar)\b
        (?:meu|seu|nosso|teu)_(?:novo_)?n[úu]mero\b contacto\b contato\b""",
    "it": r"""telefono\b cellulare\b cell\b fisso\b chiam\w* (?:mio|suo|tuo|nostro)_(?:nuovo_)?numero\b
        recapito\b""",
    "nl": r"""telefoon\w* mobiel\w* (?:mijn|jouw|uw|zijn|haar|ons)_(?:nieuwe_)?nummer\b bellen\b
        bel_(?:me|mij|ons|hem|haar)\b""",
    "pl": r"telefon\w* tel\b kom[óo]rk\w* stacjonarn\w* numer\w*_(?:telefonu|kom[óo]rki)\b (?:m[óo]j|tw[óo]j)_numer\b zadzwo\w* dzwo[nń]\w*",
    "ru": r"телефон\w* тел\b мобильн\w* сотов\w* звон\w* позвон\w* набер\w* номер\w* ватсап\w* вотсап\w*",
    "uk": r"телефон\w* мобільн\w* дзвон\w* подзвон\w* номер\w*",
    "tr": r"telefon\w* tel\b cep\b numara(?:m|n|s)\w* ara(?:y|r|n)?\w{0,6}\b beni_ara\b gsm\b",
    "sv": r"telefon\w* mobil\w* (?:mitt|ditt|hans|hennes)_nummer\b ring\b n[åa]s_p[åa]\b",
    "ar": r"هاتف\w* ال?هاتف\w* جوال\w* ال?جوال\w* ال?رقم\w* رقمي تلفون\w* موبايل\w* اتصل\w* واتس\w*",
    "fa": r"شماره\w*(?:_(?:من|تلفن|موبایل|همراه))? تلفن\w* موبایل\w* واتساپ تماس\w*",
    "hi": r"फ़ोन फोन मोबाइल नंबर नम्बर कॉल",
    "zh": r"电话 電話 手机 手機 号码 號碼 热线 熱線 联系方式 聯絡",
    "ja": r"電話 携帯 番号 ケータイ 連絡先",
    "ko": r"번호 전화 연락처 핸드폰 휴대폰 휴대전화",
    "th": r"เบอร์ โทร มือถือ",
    "vi": r"số_điện_thoại\b đi[ệe]n_tho[ạa]i\b sđt\b sdt\b gọi\b",
    "id": r"nomor\b telepon\b telp\b hp\b wa\b hubungi\b",
    "el": r"τηλ[έε]φων\w* κινητ\w*",
    "he": r"טלפון נייד מספר",
    "cs": r"telefon\w* mobil\w* (?:moje|m[ée])_[čc][íi]slo\b zavol\w*",
    "fi": r"puhelin\w* numero(?:ni|si)\b soita\b",
}
"""Words for a telephone number."""

OTHER_NUMBER_WORDS: Mapping[str, str] = {
    "en": r"""isbn\b issn\b doi\b ean\b upc\b sku\b rma\b imei\b asin\b order\b invoice\b receipt\b ticket\b
        case\b tracking\b parcel\b serial\b part\b model\b item\b article\b product\b batch\b lot\b flight\b
        build\b version\b release\b patent\b grant\b issue\b po\b timestamps?\b transaction\b booking\b
        reference\b ref\b coordinates?\b population\b total\b scores?\b won\b costs?\b prices?\b rfc\b pi\b""",
    "de": r"""bestell\w* rechnung\w* auftrag\w* sendung\w* artikel\w* aktenzeichen\b vorgang\w* seriennummer\b
        ticket\w* kundennummer\b""",
    "fr": r"commande\b facture\b dossier\b colis\b r[ée]f[ée]rence\b num[ée]ro_de_s[ée]rie\b suivi\b",
    "es": r"pedido\b factura\b expediente\b env[íi]o\b referencia\b n[úu]mero_de_serie\b seguimiento\b",
    "pt": r"pedido\b encomenda\b fatura\b processo\b refer[êe]ncia\b n[úu]mero_de_s[ée]rie\b rastreio\b",
    "it": r"ordine\b fattura\b pratica\b spedizione\b riferimento\b numero_di_serie\b",
    "nl": r"bestelling\b bestelnummer\b factuur\w* ordernummer\b zending\w* serienummer\b",
    "pl": r"zam[óo]wieni\w* faktur\w* przesy[łl]k\w* paczk\w*",
    "ru": r"заказ\w*(?:_номер)? номер_заказа сч[её]т-фактур\w* накладн\w* посылк\w* трек\w* верси\w*",
    "uk": r"замовлен\w* номер_замовлення посилк\w* верс\w*",
    "tr": r"sipari[şs]\w* fatura\w* kargo\w* takip\b",
    "sv": r"best[äa]llning\w* ordernummer\w* faktur\w* paket\w* [äa]rende\w*",
    "ar": r"رقم_الطلب ال?طلب\w* ال?فاتورة الشحنة",
    "fa": r"سفارش\w* فاکتور\w* مرسوله\w*",
    "hi": r"ऑर्डर(?:_नंबर)? बिल इनवॉइस",
    "zh": r"订单号?码? 訂單號?碼? 单号 單號 发票号?码? 快递单?号? 版本 编号 价格 价钱 序列号 型号",
    "ja": r"注文番号 注文 受付番号 伝票番号 追跡番号 バージョン 型番 製造番号 値段 価格 請求書番号",
    "ko": r"주문_?번호 송장_?번호 운송장_?번호 접수_?번호 버전 모델",
    "th": r"คำสั่งซื้อ เลขพัสดุ ใบแจ้งหนี้",
    "vi": r"đơn_hàng\b mã_đơn\b hóa_đơn\b",
    "id": r"pesanan\b faktur\b resi\b",
    "el": r"παραγγελ[ίι]\w* τιμολ[όο]γι\w*",
    "cs": r"objedn[áa]vk\w* faktur\w*",
    "fi": r"tilaus\w* lasku\w*",
}
"""Words for a number that tells nothing about anybody: an order, a product, a version."""

ACCOUNT_WORDS: Mapping[str, str] = {
    "en": r"(?:bank_|checking_|savings_)?account(?:_number|_no)?\b acct\b acc(?:_no|_number)?\b a/c\b",
    "de": r"kontonummer\b konto\b kto\b",
    "fr": r"num[ée]ro_de_compte\b compte\b rib\b",
    "es": r"n[úu]mero_de_cuenta\b cuenta\b cbu\b",
    "pt": r"conta(?:_corrente)?\b n[úu]mero_da_conta\b",
    "it": r"conto(?:_corrente)?\b numero_di_conto\b",
    "nl": r"rekening(?:nummer)?\b bankrekening\b",
    "pl": r"konta?\b rachun(?:ek|ku)\b numer_konta\b",
    "ru": r"сч[её]т\w* р/с\b номер_карты карт[аы]\b",
    "uk": r"рахун\w* картк\w*",
    "tr": r"hesap\w* hesab\w*",
    "sv": r"kontonummer\b konto\b bankgiro\b",
    "ar": r"ال?حساب\w*(?:_البنكي)?",
    "fa": r"شماره_(?:حساب|کارت|شبا) حساب\w*",
    "hi": r"खाता खाते अकाउंट",
    "zh": r"账号 帐号 帳號 账户 帳戶 卡号 卡號",
    "ja": r"口座番号 口座",
    "ko": r"계좌_?번호 계좌 은행",
    "th": r"เลขที่บัญชี บัญชี",
    "vi": r"số_tài_khoản\b stk\b",
    "id": r"rekening\b norek\b",
    "cs": r"[úu]čt\w* [čc][íi]slo_[úu][čc]tu\b",
}
"""Words for a bank account."""


def listed(words: Mapping[str, str]) -> Iterable[str]:
    """Return the words of all languages."""
    return (word.replace("_", "[ _-]?") for entry in words.values() for word in entry.split())


PHONE = said_before(*listed(PHONE_WORDS))
NOT_PERSONAL = said_before(*listed(OTHER_NUMBER_WORDS), gap=16)
ACCOUNT = said_before(*listed(ACCOUNT_WORDS), gap=16)
