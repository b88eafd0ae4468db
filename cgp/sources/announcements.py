"""WhatsApp's announcements in its main languages: messages of the program, not of a person.

iPhones write them as messages of the group or of a person and put a left-to-right mark before them;
editors and other programs drop the mark.
"""

from __future__ import annotations

import re

# Sentences that no person writes.
_OWN_WORDS = re.compile(
    r"^(?:Messages and calls are end-to-end encrypted|"
    r"Messages (?:and calls )?(?:you send )?to this (?:chat|group)(?: and calls)? are (?:now )?secured with end-to-end encryption|"
    r"Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt|Los mensajes y las llamadas están cifrados de extremo a extremo|"
    r"Les messages et (?:les )?appels sont chiffrés de bout en bout|"
    r"As mensagens e (?:as )?(?:chamadas|ligações) são protegidas com a criptografia de ponta a ponta|"
    r"I messaggi e le chiamate sono crittografati end-to-end|Berichten en (?:gesprekken|oproepen) zijn end-to-end versleuteld|"
    r"Сообщения и звонки защищены сквозным шифрованием|Mesajlar ve aramalar uçtan uca şifrelidir|"
    r"Wiadomości i połączenia są .{0,30}szyfrowane|Pesan dan panggilan .{0,20}dienkripsi|"
    r"消息和通话.{0,12}端到端加密|訊息和通話.{0,12}端對端加密|メッセージと通話はエンドツーエンド暗号化|메시지와 통화는 종단간 암호화|"
    r"الرسائل والمكالمات مشفرة|Your security code with .{1,100} changed\.|Deine Sicherheitsnummer für .{1,100} hat sich geändert|"
    r"Cambió tu código de seguridad con .{1,100})"
)
_DOES = r"""
added .{1,200}
removed .{1,200}
was (?:added|removed)
left
joined(?: using this group's invite link| from the community)?
created (?:this group|group [“"].{1,100})
changed this group's (?:icon|settings).{0,80}
changed the (?:group description|(?:group name|subject) (?:to|from) [“"].{1,300})
changed their phone number to a new .{1,100}
turned (?:on|off) disappearing messages.{0,200}
pinned a message
hat .{1,200} (?:hinzugefügt|entfernt)
hat (?:diese Gruppe|die Gruppe .{1,100}) erstellt
hat die Gruppe verlassen
hat (?:den Gruppennamen|den Betreff|die Gruppenbeschreibung|das Gruppenbild).{0,200} geändert
ist (?:.{1,40} )?beigetreten
(?:añadió|agregó|eliminó) a .{1,200}
salió(?: del grupo)?
se unió(?: .{1,80})?
creó (?:este grupo|el grupo [“"].{1,100})
cambió (?:el (?:asunto|nombre)|la descripción|el ícono|la imagen) de(?:l| este) grupo.{0,200}
a (?:ajouté|retiré) .{1,200}
a quitté(?: le groupe)?
est parti
a créé (?:ce groupe|le groupe [“"].{1,100})
a (?:changé|modifié) (?:le (?:sujet|nom)|l['’]icône|la description) (?:du|de ce) groupe.{0,200}
(?:adicionou|removeu) .{1,200}
saiu
entrou usando .{1,80}
criou (?:este grupo|o grupo [“"].{1,100})
mudou (?:o nome|a descrição|a imagem) d(?:o|este) grupo.{0,200}
ha (?:aggiunto|rimosso) .{1,200}
ha abbandonato(?: il gruppo)?
ha creato (?:questo gruppo|il gruppo [“"].{1,100})
ha (?:cambiato|modificato) (?:l['’]oggetto|il nome|la descrizione|l['’]icona|l['’]immagine) del gruppo.{0,200}
heeft .{1,200} (?:toegevoegd|verwijderd)
heeft de groep verlaten
heeft (?:deze groep|groep [“"].{1,100}) (?:gemaakt|aangemaakt)
(?:добавил|удалил|создал)(?:\(-?а\)|а)? .{1,200}
(?:покинул|вышел|вышла)(?:\(-?а\)|а)?(?: .{1,40})?
"""
_WORDS_OF_DEEDS = """
added removed was left joined created changed turned pinned
hat ist añadió agregó eliminó salió unió creó cambió
ajouté retiré quitté parti créé changé modifié
adicionou removeu saiu entrou criou mudou
aggiunto rimosso abbandonato creato cambiato modificato
heeft добавил добавила добавил(а) добавил(-а) удалил удалила удалил(а) удалил(-а) создал создала
создал(а) создал(-а) покинул покинула покинул(а) покинул(-а) вышел вышла вышел(а) вышел(-а)
"""
_DEEDS = frozenset(_WORDS_OF_DEEDS.split())
"""Words one of which each line above has: most messages have none and need no closer look."""
_MOST_CHARACTERS = 500
_WHO_DOES = re.compile(rf"^(?P<person>.{{1,100}}?) (?:{'|'.join(_DOES.split(chr(10))[1:-1])})\.?$")


def is_announcement(text: str) -> bool:
    """Tell if a message is a sentence that the program writes and no person does."""
    return _OWN_WORDS.match(text) is not None


def who_does(text: str) -> str | None:
    """Return the person of whom a message says only a deed: to come, to go, to add somebody.

    People write such sentences too. It is an announcement if its sender is that person, or is a
    group, since a group sends nothing but announcements.
    """
    if len(text) > _MOST_CHARACTERS or not has_deed(text):
        return None
    match = _WHO_DOES.match(text)
    return match["person"] if match else None


def has_deed(text: str) -> bool:
    """Tell if a text has one of the program's words for deeds in a chat, as *joined*."""
    return not _DEEDS.isdisjoint(text.removesuffix(".").split())
