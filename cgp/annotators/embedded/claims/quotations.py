"""Languages other than English: whole sentences in which a speaker speaks of themselves, quoted.

Turning a sentence into the third person needs a grammar of each language. A quotation needs none
and says nothing that was not said, so here a claim is the sentence itself after "says" or "asks"
in its own language. Only languages are read whose claims were checked on training windows or
bundled samples.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cgp.annotators.embedded.claims.content import UNFIT
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.sentences import Sentence
from cgp.annotators.embedded.stop_words import stop_words


@dataclass(frozen=True)
class Language:
    """Reading of one language.

    ``says`` and ``asks`` hold the quotation; ``patterns`` tell a sentence's kind, the first that
    matches. ``bare`` matches a sentence whose subject stands elsewhere. ``content`` is the least
    number of words of content (of characters, in scripts without spaces: ``unspaced``).
    """

    says: str
    asks: str
    patterns: Mapping[Pattern, re.Pattern[str]]
    bare: re.Pattern[str]
    content: int = 4
    unspaced: bool = False


def _forms(**patterns: str) -> Mapping[Pattern, re.Pattern[str]]:
    return {
        Pattern[f"QUOTED_{name.upper()}"]: re.compile(pattern, re.IGNORECASE)
        for name, pattern in patterns.items()
    }


def _no_subject(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{words})\b", re.IGNORECASE)


LANGUAGES = {
    "de": Language(
        "sagt: „{}“",
        "fragt: „{}?“",
        _forms(
            decision=r"\b(?:wir|ich)\b.{0,80}\b(?:beschlossen|entschieden|geeinigt|vereinbart)\b",
            stance=r"\bich (?:mag|liebe|hasse|bevorzuge|unterstütze|befürworte|begrüße|lehne)\b|\bich bin (?:für|gegen|dafür|dagegen)\b"
            r"|\b(?:ich (?:finde|glaube|denke|meine|halte|bezweifle|hoffe|befürchte|bedaure|vermute)|glaube ich|ich bin (?:überzeugt"
            r"|der (?:meinung|ansicht|auffassung|überzeugung)|davon überzeugt)|meiner (?:meinung|ansicht) nach)\b",
            wish=r"\bich (?:möchte|brauche|suche|will|hätte gern|würde gern)\b",
            promise=r"\bich werde\b",
            fact=r"\bich (?:habe|hatte|bin|war|wohne|lebe|arbeite|komme|heiße|studiere|nehme|spiele|leite)\b",
            norm=r"\b(?:sollten?|müssen|müsste|dürfen nicht)\b",
        ),
        _no_subject("das|dies|es|er|sie|da|dann|diese[rs]?|dazu|danke|vielen dank"),
    ),
    "fr": Language(
        "dit : « {} »",
        "demande : « {} ? »",
        _forms(
            decision=r"\b(?:(?:nous avons|on a|j'ai) (?:décidé|choisi|convenu)|mettons-nous d'accord)\b",
            stance=r"\b(?:j'(?:aime|adore)|je (?:préfère|déteste|soutiens|n'aime pas|suis (?:pour|contre|favorable|opposée?|(?:pas )?d'accord)))\b"
            r"|\bje (?:ne )?(?:pense|crois|trouve|considère|regrette|doute|suis (?:convaincue?|persuadée?))\b|\b(?:j'espère|à mon avis)\b",
            wish=r"\b(?:je (?:voudrais(?! (?:simplement )?(?:dire|vous|ajouter|poser))|veux|cherche|souhaite|souhaiterais)|j'(?:aimerais|ai besoin)|nous (?:voulons|souhaitons))\b",
            promise=r"\bje vais (?!dire|lire|parler|citer|répondre|commencer|terminer|finir|essayer|être|conclure|rappeler|reprendre|poser|donner)\w+(?:er|ir|re)\b",
            fact=r"\b(?:j'(?:ai|avais|habite|étais)|je (?:suis|travaille|vis|viens|fais|vends))\b|\b(?:mon|ma|mes) \w+ (?:est|sont|a|ont)\b",
            norm=r"\bil faut\b|\bil faudrait\b|\b(?:doit|doivent|devrait|devraient|devons)\b",
        ),
        _no_subject("ça|ce que|cela|c'est|c’est|c'était|il|elle|ils|elles|et là|merci|voilà"),
    ),
    "es": Language(
        "dice: «{}»",
        "pregunta: «{}?»",
        _forms(
            decision=r"\b(?:hemos|he) (?:decidido|acordado|elegido)\b|\bdecid(?:í|imos)\b",
            stance=r"\b(?:(?:no )?me (?:gustan?|encantan?|preocupan?|molestan?)|prefiero|odio|apoyo|recomiendo|detesto|estoy (?:totalmente |completamente )?(?:de acuerdo|a favor|en contra))\b"
            r"|\b(?:creo|pienso|opino|considero|espero|dudo|lamento|me parece|en mi opinión|estoy convencid[oa])\b",
            wish=r"\b(?:quiero|quisiera|necesito|busco|me gustaría|queremos|solicito)\b",
            promise=r"\bvoy a (?!decir|leer|hablar|citar|preguntar|empezar|terminar|acabar|responder|contestar|contar|explicar|repetir|concluir|ser|intentar|dar)\w+r\b",
            fact=r"\b(?:yo (?:soy|era|tengo)|soy|tengo|vivo|trabajo|estuve|compré|fui|viajo|enseño|empecé|he \w+[ai]do|hemos \w+[ai]do)\b",
            norm=r"\b(?:hay que|debería(?:n|mos)?|debemos|tenemos que|deben)\b",
        ),
        _no_subject("eso|esto|él|ella|ellos|es|era|son|está|gracias|muchas gracias|así"),
    ),
    "pt": Language(
        "diz: «{}»",
        "pergunta: «{}?»",
        _forms(
            decision=r"\b(?:decid(?:i|imos)|combinamos|escolh(?:i|emos))\b",
            stance=r"\b(?:(?:não |eu )?gosto (?=de|da|do|muito)|adoro|prefiro|odeio|detesto|apoio|recomendo|sou (?:contra|a favor)|concordo)\b"
            r"|\b(?:acho|penso|acredito|considero|espero|duvido|na minha opinião)\b",
            wish=r"\b(?:quero|queria|gostaria|(?<!é )preciso|procuro)\b",
            promise=r"\bvou (?!dizer|ler|falar|citar|perguntar|começar|terminar|acabar|responder|contar|explicar|repetir|concluir|ser|tentar|dar)\w+r\b",
            fact=r"\b(?:eu (?:sou|era|tenho)|sou|tenho|moro|trabalho|comprei|fui|fiz|comecei)\b",
            norm=r"\b(?:devemos|deveria(?:m|mos)?|temos que|é preciso)\b",
        ),
        _no_subject("isso|isto|ele|ela|eles|é|era|são|obrigad[oa]|assim"),
    ),
    "ja": Language(
        "「{}」と話す",
        "「{}？」と尋ねる",
        _forms(
            stance=r"(?:が(?:大)?好き|は(?:大)?好き|苦手|嫌い|派です)"
            r"|(?:と思(?:い|う|って)|と考え|べき|気がし|ほうがいい|方がいい|方が良い)",
            wish=r"(?:たいです|たいと|(?<!み)たいな|欲しい|ほしい|たいん)",
            fact=r"(?:私|僕|俺|自分|うち|わたし|我が家)(?:は|も|が|には)|我が家の",
        ),
        re.compile(
            r"(?:そこ|ここ|つまり|それ|これ|あれ|そう|ありがとう|こちらこそ|はい|いえ|なるほど|ですよね|でしょうね|たしかに|確かに)"
        ),
        content=18,
        unspaced=True,
    ),
    "zh": Language(
        "说：“{}”",
        "问：“{}？”",
        _forms(
            stance=r"我(?:比较|很|最|也|更|挺|不|不太|特别)?(?:喜欢|爱|讨厌|支持|反对)"
            r"|我(?:们)?(?:也|还是|个人)?(?:觉得|认为|相信|希望|担心|感觉)",
            wish=r"我(?:们)?(?:就|还|也)?(?:想|要|需要|打算)",
            promise=r"我(?:们)?(?:会|来|马上|这就)",
            fact=r"我(?:们|家|的)?(?:是|在|有|住|买|去|做|就|已经|以前|今年|家)",
        ),
        re.compile(r"(?:所以|这|那|它|他|她|好的|谢谢|不客气|嗯)"),
        content=12,
        unspaced=True,
    ),
    "hi": Language(
        "कहा: “{}”",
        "पूछा: “{}?”",
        _forms(
            stance=r"मुझे .{0,60}(?:पसंद|अच्छा लग|अच्छी लग)"
            r"|(?:मुझे (?:नहीं )?लगता|मेरा मानना|मेरे विचार|मेरे ख्याल|मेरी राय)",
            wish=r"(?:चाहिए|चाहता हूँ|चाहती हूँ|चाहता हूं|चाहती हूं|चाहते हैं)",
            fact=r"(?:^|\s)(?:मैं|मैंने|मेरा|मेरी|मेरे|हमने)\s",
        ),
        re.compile(r"(?:यह|वह|ये|वे|इससे|उससे|धन्यवाद|जी हाँ|जी)\s"),
    ),
}
# What had to be done if somebody else were right, often said to refute it: "dans ce cas, il faut
# tout fermer".
_CONCLUSION = re.compile(
    r"(?:in dem fall|dann|dans ce cas|à ce moment-là|en (?:ese|este|tal) caso|n?es[ts]e caso|se é assim|wenn das so ist|si c'est (?:ça|comme ça))\b",
    re.IGNORECASE,
)
# Words of somebody else, as told: "…, disse o moço", "…, sagte er".
_OF_ANOTHER = re.compile(
    r",[»\"”]? (?:m')?(?:disse|falou|dijo|dice|sagte|sagt|meinte|meint|a dit|dit|m'a dit|disait)(?:-(?:il|elle|on))?(?: (?!ich\b|eu\b|yo\b)\w+){0,3}$|(?:と言って(?:い)?(?:た|ました)|と言われ(?:た|ました)|って言って(?:た|ました))$",
    re.IGNORECASE,
)
# A recollection, and no question: 「…とか言いませんでしたっけ」.
_RECOLLECTION = re.compile(r"ませんでしたっけ$")
# A reason without what it is the reason of.
_REASON = re.compile(
    r"(?:weil|denn|da|parce que|car|puisque|porque|pues|ya que|pois|já que|because)\b|なぜなら|因为|क्योंकि",
    re.IGNORECASE,
)
_AROUND = ' ,"“”«»„「」¿¡—–-'
_QUESTION_WORDS = 5
_MAX_CHARACTERS = 170  # characters of a sentence that is quoted
_WORD = re.compile(r"[^\W\d_][\w'’-]{3,}|\d[\d.,:]*")
_OPENER = re.compile(
    r"(?:(?:ja|nein|und|aber|also|nun|gut|oui|non|et|mais|alors|donc|bon|sí|si|no|y|pero|bueno|entonces|sim|não|e|mas|então"
    r"|はい|ええ|うん|あの|えー|でも|そうですね|嗯|好的|好|对|行|那|但是|हाँ|तो|और|लेकिन)[,、，]\s*)+",
    re.IGNORECASE,
)
_DANGLING = re.compile(
    r"(?:[,:;、，-]|\b(?:und|oder|dass|die|der|et|que|de|la|le|y|o|e|ou))$", re.IGNORECASE
)


def quoted_claim(code: str, sentence: Sentence) -> Reading | None:
    """Return the claim that a sentence of another language than English makes, quoted, if any."""
    language = LANGUAGES.get(code)
    if language is None or not sentence.complete:
        return None
    text = _without_opener(sentence.text)
    if (
        len(text) > _MAX_CHARACTERS
        or UNFIT.search(text)
        or _DANGLING.search(text)
        or _REASON.match(text)
        or _OF_ANOTHER.search(text)
        or _RECOLLECTION.search(text)
    ):
        return None
    asks = sentence.asks or (code == "ja" and text.endswith("か"))
    minimum = language.content - 1 if asks else language.content
    if language.bare.match(text):
        minimum = 2 * minimum
    if _content(code, language, text) < minimum or (code == "hi" and text.isascii()):
        return None  # Hindi in Latin letters reads badly in a Hindi quotation
    if not asks:
        return _statement(language, text)
    if not language.unspaced and text.count(" ") + 1 < _QUESTION_WORDS:
        return None
    opening = "¿" if code == "es" and "¿" not in text else ""
    return Reading(Pattern.QUOTED_QUESTION, language.asks.format(opening + text))


def _statement(language: Language, text: str) -> Reading | None:
    forms = language.patterns.items()
    pattern = next((pattern_of_form for pattern_of_form, form in forms if form.search(text)), None)
    if pattern is None or (pattern is Pattern.QUOTED_NORM and _CONCLUSION.match(text)):
        return None
    return Reading(pattern, language.says.format(text))


def _without_opener(text: str) -> str:
    text = text.strip(_AROUND)
    opener = _OPENER.match(text)
    return text[opener.end() :].strip(_AROUND) if opener else text


def _content(code: str, language: Language, text: str) -> int:
    """Return the share of a text with a meaning of its own: words, or characters without spaces."""
    if language.unspaced:
        return len(text)
    edges = stop_words(code).edges
    words = {match.group().casefold() for match in _WORD.finditer(text)}
    return sum(1 for word in words if word not in edges)
