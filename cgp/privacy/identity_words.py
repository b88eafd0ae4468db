"""Words before a number that is somebody's: of a passport, an identity card, an insurance, a
vehicle.

Each entry is a list of regular expressions for lower case, divided by spaces; ``_`` stands for a
space.
"""

from __future__ import annotations

from collections.abc import Mapping

from cgp.privacy.context import said_before
from cgp.privacy.number_words import listed

IDENTITY_WORDS: Mapping[str, str] = {
    "en": r"""passport\b (?:driver'?s?|drivers|driving)_licen[cs]e\b licen[cs]e_(?:number|no)\b uk_licence\b (?:employee|staff|security)_badge\b badge_(?:id|number|no)\b voter_(?:id|card)\b pan_(?:card|number|no)\b alien_(?:number|no)\b a-number\b uscis\b medicare_no\b dvla\b gov(?:ernment|t)?_id\b social_insurance\b
        (?:identity|id|national_id|residence)_card\b national_(?:id|insurance|identity)\b green_card\b
        (?:member|patient|subscriber|policy|beneficiary|insurance|health|medicare|medicaid|student|employee|staff|tax|taxpayer)_(?:id|number|no|card)\b
        medicare\b medicaid\b medical_record(?:_number)?\b mrn\b ssn\b nino\b ni_(?:number|no)\b tfn\b tax_file\b aadhaa?r\b vin\b number_plate\b licen[cs]e_plate\b
        plates?\b registration_(?:number|plate)\b (?:car|van|truck|bike)_(?:is|reg)\b
        visa_(?:number|no)\b emirates_id\b""",
    "de": r"""reisepass\w* perso\b personalausweis\w* ausweis\w* f[üu]hrerschein\w* aufenthaltstitel\w*
        versicher(?:ten|ungs)nummer\w* sozialversicherung\w* krankenkassen?\w* krankenversicher\w*
        rentenversicher\w* steuer\w*nummer\w* steuer-?id(?:nr)?\b kennzeichen\b matrikelnummer\w* patientennummer\w* ahv\w* sv-?nummer\w* svnr\b identifikationsnummer\w* kfz\w*""",
    "fr": r"""passeport\b carte_d'identit[ée]\b cni\b permis(?:_de_conduire)?\b s[ée]curit[ée]_sociale\b
        num[ée]ro_de_s[ée]cu\w*\b nir\b titre_de_s[ée]jour\b num[ée]ro_fiscal\b plaque\b immatricul\w*
        registre_national\b ahv\b avs\b""",
    "es": r"""pasaporte\b dni\b nie\b nif\b curp\b rfc\b c[ée]dula\b carnet(?:_de_conducir)?\b ine\b cuil\b cuit\b
        rut\b permiso_de_conducir\b licencia_de_conducir\b seguridad_social\b matr[íi]cula\b placa\b nss\b
        tarjeta_sanitaria\b""",
    "pt": r"""passaporte\b rg\b cnh\b cpf\b nif\b nus\b utente\b carteira_de_(?:identidade|motorista)\b
        carta_de_condu[çc][ãa]o\b cart[ãa]o_de_cidad[ãa]o\b bilhete_de_identidade\b t[íi]tulo_de_eleitor\b
        pis\b niss\b placa\b matr[íi]cula\b""",
    "it": r"""passaporto\b carta_d'identit[àa]\b patente\b codice_fiscale\b tessera_sanitaria\b targa\b
        permesso_di_soggiorno\b""",
    "nl": r"""paspoort\w* identiteitskaart\w* id-kaart\w* rijbewijs\w* bsn\b burgerservicenummer\w* kenteken\w*
        rijksregister\w* polisnummer\w*""",
    "pl": r"""paszport\w* dow[óo]d\w*(?:_osobist\w*)? pesel\w* nip\b prawo_jazdy\b prawa_jazdy\b
        rejestracj\w* legitymacj\w*""",
    "ru": r"""паспорт\w* инн\b ссн\b снилс\b водительск\w*(?:_удостоверен\w*)? удостоверени\w* полис\w* омс\b
        гос_?номер\w* загран\w*""",
    "uk": r"код_платника\w*(?:_податк\w*)? паспорт\w* іпн\b рнокпп\b посвідчен\w* поліс\w*",
    "tr": r"pasaport\w* kimlik\w* tc\b tckn\b t[.]c[.] ehliyet\w* sgk\b plaka\w*",
    "sv": r"pass(?:nummer|et)?\b personnummer\w* k[öo]rkort\w* legitimation\w* samordningsnummer\w* regnummer\w*",
    "da": r"cpr\w* pasnummer\w* k[øo]rekort\w* sygesikring\w*",
    "no": r"f[øo]dselsnummer\w* f[øo]rerkort\w*",
    "ar": r"جواز\w* ال?هوية بطاقة_ال?هوية الرقم_القومي رخصة_ال?قيادة الإقامة اقامة رقم_الهوية",
    "fa": r"کد_?ملی شماره_(?:ملی|شناسنامه|گذرنامه) گذرنامه\w* گواهینامه\w* پاسپورت\w*",
    "hi": r"आधार पासपोर्ट पैन ड्राइविंग_लाइसेंस वोटर",
    "zh": r"身份证号?码? 身分證字?號? 护照号?码? 護照號?碼? 驾照 駕照 社保号?码? 社会保障号 车牌号?码? 車牌 医保",
    "ja": r"マイナンバー 個人番号 パスポート(?:番号)? 旅券番号 運転免許証?(?:番号)? 免許証番号 保険証(?:番号)? 在留カード 基礎年金番号",
    "ko": r"주민등록번호 주민번호 외국인등록번호 여권_?번호 여권 운전면허(?:_?번호)? 건강보험증? 면허번호 차량번호",
    "th": r"บัตรประชาชน หนังสือเดินทาง พาสปอร์ต ใบขับขี่",
    "vi": r"cccd\b cmnd\b căn_cước\b hộ_chiếu\b bằng_lái\b",
    "id": r"ktp\b nik\b paspor\b sim_[abc]\b npwp\b",
    "el": r"διαβατ[ήη]ρι\w* ταυτ[όο]τητ\w* αφμ\b αμκα\b",
    "he": r"תעודת_זהות ת[.]?ז[.]? דרכון רישיון",
    "cs": r"pas(?:u)?\b cestovn\w*_pas\w* ob[čc]ansk\w* rodn[ée]_[čc][íi]slo\b [řr]idi[čc]sk\w*",
    "fi": r"passi\w* henkil[öo]tunnus\w* hetu\b ajokort\w*",
}
"""Words for a number that is somebody's."""

IDENTITY = said_before(*listed(IDENTITY_WORDS), gap=24)
DEVICE = said_before(r"imei\b", r"meid\b", gap=24)
