"""Forms of German in which a speaker tells of themselves."""

from __future__ import annotations

from cgp.annotators.embedded.claims.languages.forms import Language, form, no_subject

_HABIT = r"\b(?:jede[nrsm]?|immer|oft|manchmal|meist(?:ens)?|normalerweise|täglich|früher|damals|seit|nie|öfter|sonst)\b"
_TALK = (
    r"\b(?:gesagt|sagen|gefragt|fragen|gedacht|verstanden|erwähnt|erwähnen|gesprochen|sprechen|reden|danken|bedanken|betonen|hinweisen|hingewiesen"
    r"|feststellen|erklären|gehört|ausgeführt|dargelegt|bitten|ausdruck|zur kenntnis|zurückweisen|anschließen|hinzufügen|wiederholen|zitieren"
    r"|eine (?:nach)?frage|das gefühl|den eindruck|keine ahnung|verständnis|angst|recht|wort|beispiel)\b"
)
_TIME = (
    r"\b(?:Ihnen|dir|euch|morgen|heute|gleich|nachher|später|sofort|übermorgen|bis (?:zum )?\w+|(?:am |nächsten |kommenden )?(?:mon|diens|donners|frei|sams|sonn)tag\w*"
    r"|(?:am )?mittwoch\w*|um (?:\d+|halb|ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf)|nächste[nrs]? \w+|am wochenende|vorher|danach)\b"
)
_DO = (
    r"(?:schick|bring|zeig|besorg|übernehm|buch|reservier|druck|kopier|ruf|meld|hol|organisier|koch|back|kauf|schreib|prüf|überweis|bestell|klär"
    r"|leit|setz|trag|stell|erledig|reparier|komm|fahr|leg|mach|geb|frag|nehm|schau|bereit|räum|sperr|änder|lad|sag(?= \w+(?: \w+){0,3} bescheid))(?:e|['’])?"
)
_KIN = (
    r"(?:^(?:(?:und|aber|also|auch|ja|na|eine allerletzte:),? ){0,2}(?:meine?|unsere?)|\b(?:mit|bei|für|von) meine[mnr]?)"
    r" (?:mann|frau|tochter|töchter|sohn|söhne|kind|kinder|bruder|schwester|vater|mutter|eltern|oma|opa|hund|katze|chefin?|freundin?|nachbarin?|kolleg(?:e|in)|schwager|schwägerin|tante|onkel)\b"
)

GERMAN = Language(
    "sagt: „{}“",
    "fragt: „{}?“",
    (
        form(
            "decision",
            2,
            r"\b(?:wir|ich)\b.{0,80}\b(?:beschlossen|entschieden|geeinigt|vereinbart|abgemacht|ausgemacht)\b"
            r"|\b(?:abgemacht|beschlossen|entschieden|ausgemacht)(?:,|:| ist\b)|\b(?:wir einigen uns|einigen wir uns) auf\b"
            r"|^(?:ok(?:ay)?,? |gut,? |also,? |dann )?(?:wir nehmen|dann nehmen wir|nehmen wir|wir treffen uns|treffen wir uns|dann treffen wir uns|wir bleiben bei|wir verschieben|wir streichen|wir beantragen|ich beantrage|wir schlagen vor|ich schlage vor)\b"
            r"|\b(?:ich nehme?|nehme? ich) (?:den|die|das|einen?|zwei|drei|lieber|also|dann)\b(?!.*\b(?:an|auf|zurück|ernst|mit|zur|wahr|als|gern)\b)",
            rf"{_HABIT}|\b(?:noch nicht|nicht|kein\w*|wenn|falls|hätte\w*|würde\w*|zur kenntnis)\b",
        ),
        form(
            "promise",
            3,
            r"\bich werde?\b.*\b\w{3,}(?:e[rl]?n)(?:$|,| und\b)|\b(?:ich kümmer(?:e|['’])? mich|da kümmer(?:e|['’])? ich mich) um\b|\bich übernehme?\b",
            rf"{_TALK}|\b(?:versuchen|sehen|müssen|können|würde\w*|werden müssen)\b",
        ),
        form(
            "promise",
            3,
            rf"(?:\bich {_DO}|\b{_DO} ich)\b(?=.*{_TIME})|(?=.*{_TIME}).*(?:\bich {_DO}|\b{_DO} ich)\b",
            rf"{_TALK}|{_HABIT}|\b(?:wenn|falls|könnte|würde|ob|dass|weil|was|gerne?)\b",
        ),
        form(
            "stance",
            3,
            r"\bich (?:mag|liebe?|hasse?|bevorzuge|unterstütze|befürworte|begrüße|lehne)\b|\bich bin (?:für|gegen|dafür|dagegen)\b"
            r"|\b(?:ich (?:finde?|glaube?|denke?|meine|halte|bezweifle|hoffe|befürchte|bedaure|vermute)|(?:finde?|glaube?|denke?|hoffe) ich|ich bin (?:überzeugt"
            r"|der (?:meinung|ansicht|auffassung|überzeugung)|davon überzeugt)|meiner (?:meinung|ansicht) nach)\b",
            r"\b(?:dazu|davon|daran)\b",
        ),
        form(
            "wish",
            3,
            r"\bich (?:möchte|brauche?|suche?|will|wünsche mir|bräuchte?|hätte gern|würde gern)\b|\bwir (?:fordern|brauchen|wollen)\b|\b(?:möchte|brauche?|suche?|will|bräuchte?) ich\b",
            rf"{_TALK}|\b(?:viel|wie|was|wo|wann) ich will\b",
        ),
        form(
            "fact",
            2,
            rf"{_KIN}(?: \w+){{0,2}} (?:ist|sind|hat|haben|war|hatte|wohnt|arbeitet|lebt|studiert)\b",
            rf"{_TALK}|\b(?:wenn|falls|würde\w*|hätte\w*|wäre\w*|kenntnis|rücksicht|bezug|stellung|teil|ernst)\b",
        ),
        form(
            "fact",
            4,
            _KIN,
            rf"{_TALK}|\b(?:wenn|falls|würde\w*|hätte\w*|wäre\w*|kenntnis|rücksicht|bezug|stellung|teil|ernst)\b",
        ),
        form(
            "fact",
            2,
            r"\b(?:ich (?:wohne?|lebe?|arbeite?|heiße?|studiere?|spiele?|leite|unterrichte|besitze|lerne?|verkaufe?|betreue|verdiene?|nehme?|fahre?|trinke?|esse)|(?:wohne?|lebe?|arbeite|studiere?|spiele?) ich|ich komme? aus)\b"
            r"|\bich bin (?:\d+|[a-zäöü]+zig|im \w+ semester|\w+(?:er|erin|ist|istin|ärztin|arzt|wirt|wirtin|lehrling|student|studentin)\b|seit|verheiratet|geschieden|ledig|allergisch|schwanger|vegetarier)",
            rf"{_TALK}|\b(?:wenn|falls|würde\w*|hätte\w*|wäre\w*|kenntnis|rücksicht|bezug|stellung|teil|ernst)\b",
        ),
        form(
            "fact",
            3,
            r"\b(?:ich (?:habe?|hatte|bin|war|komme)|(?:habe?|hatte|bin|war) ich)\b|\b(?:wir haben|haben wir)\b.*\b\w*(?:ge\w+(?:t|en)|iert)\b",
            rf"{_TALK}|\b(?:wenn|falls|hätte\w*|wäre\w*|habe?['’]?s|habe? es|sicher|gespannt|froh|dankbar|einverstanden|dafür|gern|gerne|bin (?:fertig|da|hier|tot))\b",
        ),
        form("norm", 4, r"\b(?:sollten?|müssen|müsste|dürfen nicht)\b"),
    ),
    no_subject("das|dies|es|er|sie|da|dann|diese[rs]?|dazu|danke|vielen dank"),
)
