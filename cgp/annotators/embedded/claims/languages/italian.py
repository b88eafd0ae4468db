"""Forms of Italian in which a speaker tells of themselves."""

from __future__ import annotations

from cgp.annotators.embedded.claims.languages.forms import Language, form, no_subject

_HABIT = (
    r"\b(?:ogni|sempre|tutti i|tutte le|a volte|di solito|mai|da quando|ieri|scors[oa]|una volta)\b"
)
_TALK = (
    r"\b(?:dire|detto|dico|parlare|parlato|chiedere|chiesto|ringraziare|ringrazio|ricordare|rispondere|sentito|capito|una (?:domanda|idea)|la parola"
    r"|l'impressione|ragione|paura|torto)\b"
)
_KIN = (
    r"(?:^(?:(?:e|ma|allora|anche|però|cioè|scusate),? ){0,2}(?:(?:il|la|i|le) )?(?:mio|mia|miei|mie)|\b(?:con|per|da)"
    r" (?:i |le )?(?:mio|mia|miei|mie)) (?:marito|moglie|figli[oa]?|figlie|padre|madre|papà|mamma|fratell[oi]|sorell[ae]|nonn[oai]|zi[oa]|cugin[oa]|genitori|ragazz[oa]|vicin[oa]|cane|gatt[oa]|cap[oa]|colleg[ah]e?)\b"
)

ITALIAN = Language(
    "dice: «{}»",
    "chiede: «{}?»",
    (
        form(
            "decision",
            2,
            r"\b(?:abbiamo|ho) (?:deciso|scelto|stabilito|concordato)\b|\b(?:è deciso|ci vediamo|prendo (?:il|la|un|una|due)|allora facciamo)\b",
            rf"{_HABIT}|\b(?:non ancora|non|se|quando)\b",
        ),
        form(
            "promise",
            2,
            r"(?<!se )\b(?!(?:però|tirò|girò|sperò|mirò|ritirò|considerò|operò|ammirò|respirò|dirò|sarò|avrò|potrò|parlerò|proverò|chiederò|risponderò|ripeterò|aggiungerò|comincerò|finirò)\b)(?:farò|darò|verrò|andrò|terrò|\w{3,}(?:erò|irò))\b"
            r"|\b(?:vado a \w+re|ci penso io|me ne occupo io|mi occupo (?:di|del|della))\b",
            rf"{_TALK}|\b(?:se)\b",
        ),
        form(
            "promise",
            2,
            r"\b(?:ti|le|vi|gli|glielo|te lo|te la|ve lo) (?:mando|porto|invio|preparo|scrivo|lascio|stampo|compro|prenoto|presto|faccio|chiamo|passo)\b|\b(?:porto|faccio|compro|preparo|prenoto|cucino|pago) io\b",
            rf"{_TALK}|{_HABIT}|\b(?:se|quando|sapere)\b",
        ),
        form(
            "stance",
            3,
            r"\b(?:mi (?:piace|piacciono|preoccupa)|preferisco|odio|adoro|detesto|sono (?:a favore|contrari[oa]|favorevole|d'accordo|convint[oa]))\b"
            r"|\b(?:credo|penso|ritengo|spero|temo|secondo me|a mio parere|trovo che|mi sembra|mi pare)\b",
        ),
        form(
            "wish",
            3,
            r"\b(?:vorrei|voglio|vogliamo|ho bisogno|cerco|mi serv(?:e|ono)|avrei bisogno|mi piacerebbe)\b",
            _TALK,
        ),
        form(
            "fact",
            2,
            rf"{_KIN}(?: \w+){{0,2}} (?:è|sono|ha|hanno|aveva|era|lavora|vive|abita)\b",
            rf"{_TALK}|\b(?:dice|diceva) che\b",
        ),
        form(
            "fact",
            4,
            _KIN,
            rf"{_TALK}|\b(?:dice|diceva) che\b",
        ),
        form(
            "fact",
            2,
            r"\b(?:io (?:sono|ero|abito|abitavo|lavoro|vivo)|abito (?:a|in|al|vicino)|lavoro (?:come|in|da|per|nel|alla|al)|vivo (?:a|in|con|da)|sono (?:nat[oa]|sposat[oa]|pensionat[oa]|allergic[oa]|vegetarian[oa]|in pensione|a tempo|un[oa]? \w+))\b",
            rf"{_TALK}|\b(?:dice|diceva) che\b",
        ),
        form(
            "fact",
            3,
            r"\b(?:(?:io )?ho (?:un|una|due|tre|quattro|cinque|dieci|\d+|\w+(?:ato|uto|ito|eso|tto))|siamo (?!d'accordo)\w+(?:ati|iti|uti|sti|rsi)|sono (?:andat|stat|arrivat|venut|partit)[oa]|(?<!dove )(?<!che )abbiamo (?:un|una|due|tre|\d+|\w+(?:ato|uto|ito|eso|tto)))\b|\bio (?:uso|gioco|studio|insegno|vendo|prendo)\b|\b(?:lo|la) uso\b",
            _TALK,
        ),
        form("norm", 4, r"\b(?:bisogna|dobbiamo|dovremmo|dovrebbero?|devono|occorre)\b"),
    ),
    no_subject("questo|questa|quest[oa]|quello|quella|lui|lei|loro|è|era|ecco|grazie|così|lo|la"),
)
