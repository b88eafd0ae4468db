"""Forms of Portuguese in which a speaker tells of themselves."""

from __future__ import annotations

from cgp.annotators.embedded.claims.languages.forms import Language, form, no_subject

_HABIT = r"\b(?:sempre|todo dia|todos os|todas as|toda|cada|às vezes|normalmente|geralmente|desde|nunca|antigamente|antes)\b"
_TALK = (
    r"\b(?:dizer|digo|disse|falar|falei|falo|perguntar|perguntei|perguntado|agradecer|agradeço|lembrar|responder|ouvi|entendi|uma (?:pergunta|dúvida|ideia)"
    r"|a palavra|a impressão|razão|medo|certeza|pena)\b"
)
_KIN = (
    r"(?:^(?:(?:e|mas|então|também|já),? ){0,2}(?:[oa]s? )?(?:meu|minha|meus|minhas)|\b(?:com|para|pra)"
    r" (?:[oa]s? )?(?:meu|minha|meus|minhas)) (?:marido|mulher|esposa|esposo|filh[oa]s?|irmãos?|irmãs?|pai|mãe|pais|avô|avó|vó|vô|prim[oa]|ti[oa]|namorad[oa]|chefe|vizinh[oa]|cachorr[oa]|gat[oa]|sogr[oa]|família)\b"
)

PORTUGUESE = Language(
    "diz: «{}»",
    "pergunta: «{}?»",
    (
        form(
            "decision",
            2,
            r"\b(?:decid(?:i|imos)|combinamos|escolh(?:i|emos)|fic(?:ou|a) (?:decidido|combinado|marcado)|combinado:|fico com|ficamos com)\b",
            r"\b(?:ainda não|se|não)\b",
        ),
        form(
            "promise",
            3,
            r"\b(?:vou|vamos|a gente vai) (?:te |lhe |me |já |só )?(?!dizer|ler|falar|citar|perguntar|começar|terminar|acabar|responder|contar|explicar|repetir|concluir|ser|tentar|dar|ver|estar|ter|precisar|poder|continuar|morrer|por)\w+r\b"
            r"|(?<!se )\b(?!(?:prepar|compar|separ|declar|repar|dispar|esper|oper|ger|super|recuper|consider|alter|mir|tir|retir|gir|vir|admir|respir|par|falar|dir|ser|estar|ter|poder|terminar|começar|tentar|responder)ei)\w{2,}(?:arei|erei|irei)\b|\bfarei\b|\bdeixa comigo\b",
            rf"{_TALK}|\b(?:se)\b",
        ),
        form(
            "promise",
            2,
            r"^(?:então |calma, |e |pode deixar,? )?(?:primeiro )?(?:eu |já |amanhã |depois )?(?:faço|levo|trago|compro|mando|pego|arrumo|preparo|busco|reservo|envio|ligo pr|escrevo|monto|limpo|lavo|cuido d|imprimo|reviso|cozinho) ?(?:o|a|os|as|um|uma|uns|umas|dois|duas|três|\d+|cem|tudo|este|esta|isso)\b",
            rf"{_TALK}|{_HABIT}|\b(?:se|quando|questão|anos|meses|há)\b",
        ),
        form(
            "stance",
            3,
            r"\b(?:(?:não |eu )?gosto (?=de|da|do|muito)|adoro|prefiro|odeio|detesto|eu apoio|recomendo|sou (?:contra|a favor|favorável)|concordo)\b"
            r"|\b(?:acho|penso (?=que|em|n)|acredito|considero|espero|duvido|na minha opinião)\b",
        ),
        form(
            "wish",
            3,
            r"\b(?:quero|eu queria|(?<=^)queria|gostaria|(?<!é )preciso|procuro|proponho)\b",
            _TALK,
        ),
        form(
            "fact",
            2,
            rf"{_KIN}(?: \w+){{0,2}} (?:é(?! que)|são|está|tá|tem|têm|tinha|era|foi|trabalha|mora)\b",
            _TALK,
        ),
        form(
            "fact",
            4,
            _KIN,
            _TALK,
        ),
        form(
            "fact",
            2,
            r"\b(?:eu (?:sou|era|fui|trabalho|moro)|sou (?!eu)|moro|trabalho (?:em|na|no|num|numa|com|como|há)|estudo (?:em|na|no))\b",
            _TALK,
        ),
        form(
            "fact",
            3,
            r"\b(?:tenho (?!que\b|de\b)|eu tinha|uso|comprei|(?<!que )fui (?!eu)|fiz|comecei)\b|(?:^|(?<!que )\beu |^já |^também |^ontem |\beu nunca )(?!(?:sei|achei|pensei|falei|gostei|hei|lei|rei|perguntei|imaginei|esqueci|entendi|ouvi|aqui|ali|assim|senti|percebi)\b)\w{3,}(?:ei|uei)\b"
            r"|(?:^|\beu )(?:abri|vendi|perdi|consegui|saí|vivi|escrevi|recebi|subi|dormi|corri|vi|trouxe|pus|vim)\b|\ba gente (?:perdeu|fez|comprou|ganhou|montou|plantou|mudou)\b",
            _TALK,
        ),
        form("norm", 4, r"\b(?:devemos|deveria(?:m|mos)?|temos que|é preciso)\b"),
    ),
    no_subject("isso|isto|ele|ela|eles|é|era|são|obrigad[oa]|assim"),
)
