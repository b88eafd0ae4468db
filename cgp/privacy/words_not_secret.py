"""Plain words beside a password that are none: said of one, or an answer that tells none."""

from __future__ import annotations

_DESCRIPTIONS = """
a an the not no yes none ok okay still also too so very just now here there this that these
those it its required needed missing wrong incorrect invalid valid expired changed reset set
stored saved hidden empty blank correct right fine good bad weak strong short long simple easy
hard secure unsafe safe same different new old random unique encrypted hashed shared private
public secret lost forgotten leaked stolen known unknown available below above attached case
sensitive in on at by for from with without what which who where when why how something anything
nothing everything important mandatory optional being been going gone coming enough your my our
their his her mine yours ours broken disabled enabled protected accepted rejected refused
updated written printed taped underneath under upstairs downstairs nobody always never maybe
probably really actually basically like kind sort all only up down out off over about because if
or and but then sure please sorry working failing generated provided given sent nicht kein keine
falsch richtig abgelaufen erforderlich ungültig leer gleich geändert zu sehr das der die ein
eine mein dein unser noch schon nötig notwendig sicher unsicher vergessen gespeichert weg da
hier pas ne plus faux fausse incorrecte expiré requis obligatoire vide bon le la les un une mon
ton trop très toujours déjà oublié changé ici là perdu même incorrecta incorrecto errónea
caducada obligatoria necesaria vacía buena mala el los las una mi tu su muy demasiado siempre ya
aquí olvidada cambiada misma mismo débil segura fuerte secreta não errada errado inválida
expirada obrigatória necessária vazia boa má o os as um uma meu minha muito sempre já aqui
esquecida mudada mesma fraca forte non sbagliata errata scaduta richiesta necessaria vuota
giusta il lo gli mio mia molto troppo già qui dimenticata cambiata stessa debole sicura niet
fout verkeerd verlopen vereist leeg juist het een mijn jouw te erg altijd al vergeten veranderd
nie błędne złe wygasło wymagane puste moje twoje bardzo zawsze już tutaj zmienione не неверный
неправильный истёк истек обязателен пустой мой твой очень всегда уже здесь забыл забыли нужен
нужно неверен изменён изменен сложный простой тот такой yanlış hatalı geçersiz gerekli boş doğru
çok değil aynı yeni eski unuttum unutuldu inte fel ogiltigt krävs tomt rätt mitt ditt för alltid
redan här glömt ändrat ikke feil ugyldig forkert glemt kort lang grøn forkjert väärä vääriä väärin
unohtunut pitkä lyhyt helppo pakollinen špatné spatne správné dlouhé krátké jednoduché povinné zapomenuté
λάθος σωστός λανθασμένος υποχρεωτικός μεγάλος μικρός ξέχασα salah benar lupa panjang pendek sama wajib
sai đúng dài ngắn quên hibás rossz hosszú rövid elfelejtettem greșită gresita corectă uitată
לא שגויה נכונה ארוכה קצרה שכחתי خطأ خاطئة صحيحة طويلة قصيرة قديمة جديدة नहीं गलत सही भूल लंबा छोटा
great awful terrible ugly clever silly stupid funny boring perfect crazy weird slow fast down
"""
NOT_SECRET: frozenset[str] = frozenset(_DESCRIPTIONS.casefold().split())
"""Words that are said of a password, and are none."""

_ANSWERS = """
yeah yep nope nah hi hello hey thanks thank you great cool nice wait hmm hm mm um uh huh mhm
right exactly well alright done got see look hold moment second sec minute one two three again
pardon excuse oh ah what's who's idk dunno guess me us him them ja nein doch danke bitte klar
gut genau oui non merci d'accord attends si sí gracias vale claro bueno espera sim obrigado
obrigada sì grazie certo aspetta nee dank bedankt tak nie dzięki proszę да нет спасибо хорошо
ладно сейчас hayır evet teşekkürler tamam nej tack نعم لا شكرا हाँ नहीं धन्यवाद 是 好 不 谢谢 はい いいえ
ありがとう 네 아니요 감사합니다 disfmarker vocalsound
"""
COMMON_ANSWERS: frozenset[str] = NOT_SECRET | frozenset(_ANSWERS.split())
"""Words that answer a question about a password without telling it."""
