"""Lines of WhatsApp's chats in place of a message: a deleted one, a missed call, a picture that the
export leaves out.

Each phone writes them in its own language, as the program's translations have them. They are
compared whole, in small letters and without the full stop.
"""

from __future__ import annotations

import re

_DELETIONS = """
This message was deleted
You deleted this message
Diese Nachricht wurde gelöscht
Du hast diese Nachricht gelöscht
Dit bericht is verwijderd
Je hebt dit bericht verwijderd
U hebt dit bericht verwijderd
Det här meddelandet raderades
Detta meddelande raderades
Du raderade det här meddelandet
Du raderade detta meddelande
Du har tagit bort meddelandet
Denne besked blev slettet
Denne besked er blevet slettet
Du slettede denne besked
Du har slettet denne besked
Denne meldingen ble slettet
Du slettet denne meldingen
Tämä viesti poistettiin
Poistit tämän viestin
Hierdie boodskap was uitgevee
Se eliminó este mensaje
Este mensaje fue eliminado
Eliminaste este mensaje
Ce message a été supprimé
Vous avez supprimé ce message
Mensagem apagada
Esta mensagem foi apagada
Você apagou esta mensagem
Apagou esta mensagem
Questo messaggio è stato eliminato
Hai eliminato questo messaggio
Aquest missatge s'ha suprimit
Aquest missatge està esborrat
Has suprimit aquest missatge
Has esborrat aquest missatge
Acest mesaj a fost șters
Ați șters acest mesaj
Ai șters acest mesaj
Tato zpráva byla smazána
Tato zpráva byla odstraněna
Tuto zprávu jste smazal
Tuto zprávu jste smazala
Tuto zprávu jste smazal/a
Tuto zprávu jste smazali
Tuto zprávu jste odstranil/a
Tuto zprávu jste odstranili
Táto správa bola odstránená
Táto správa bola vymazaná
Túto správu ste odstránili
Ta wiadomość została usunięta
Usunięto tę wiadomość
Usunąłeś tę wiadomość
Usunęłaś tę wiadomość
Usunąłeś(-ęłaś) tę wiadomość
Usunąłeś(aś) tę wiadomość
To sporočilo je bilo izbrisano
To sporočilo ste izbrisali
Ova je poruka izbrisana
Ova poruka je izbrisana
Izbrisali ste ovu poruku
Ez az üzenet törlésre került
Ez az üzenet törölve lett
Ezt az üzenetet törölték
Ezt az üzenetet törölted
Törölted ezt az üzenetet
See sõnum on kustutatud
Kustutasid selle sõnumi
Šī ziņa tika izdzēsta
Jūs izdzēsāt šo ziņu
Ši žinutė buvo ištrinta
Jūs ištrynėte šią žinutę
Данное сообщение удалено
Это сообщение удалено
Вы удалили данное сообщение
Вы удалили это сообщение
Це повідомлення видалено
Це повідомлення було видалено
Ви видалили це повідомлення
Съобщението беше изтрито
Изтрихте това съобщение
Ова порука је обрисана
Оваа порака беше избришана
Αυτό το μήνυμα διαγράφηκε
Διαγράψατε αυτό το μήνυμα
Διαγράψατε το μήνυμα
Bu mesaj silindi
Bu mesajı sildiniz
Bu ismarıc silindi
Ushbu xabar o‘chirildi
Бұл хат жойылды
Pesan ini dihapus
Pesan ini telah dihapus
Anda menghapus pesan ini
Anda telah menghapus pesan ini
Mesej ini telah dipadam
Anda telah memadamkan mesej ini
Itong mensahe ay binura na
Tin nhắn này đã bị xóa
Tin nhắn này đã bị xoá
Bạn đã xóa tin nhắn này
Bạn đã xoá tin nhắn này
Ujumbe huu ulifutwa
Umefuta ujumbe huu
ข้อความนี้ถูกลบแล้ว
ข้อความนี้ได้ถูกลบ
คุณได้ลบข้อความนี้
คุณลบข้อความนี้
此消息已删除
此消息已被删除
这条消息已被删除
信息已删除
你已删除此消息
您已删除这条消息
您删除了这条消息
此訊息已刪除
您已刪除此訊息
このメッセージは削除されました
このメッセージを削除しました
삭제된 메시지입니다
삭제한 메시지입니다
이 메시지는 삭제되었습니다
이 메시지를 삭제했습니다
تم حذف هذه الرسالة
لقد حذفت هذه الرسالة
أنت حذفت هذه الرسالة
این پیام حذف شد
این پیام حذف شده است
شما این پیام را حذف کردید
הודעה זו נמחקה
מחקת הודעה זו
מחקת את ההודעה הזו
یہ میسج حذف کر دیا گیا ہے
آپ نے یہ میسج حذف کر دیا ہے
यह संदेश हटा दिया गया
यह संदेश हटा दिया गया है
यह संदेश मिटाया गया
यह संदेश मिटा दिया गया
यह मैसेज डिलीट कर दिया गया
यह मैसेज डिलीट कर दिया गया है
आपने यह मैसेज डिलीट किया
आपने यह संदेश मिटाया
हा मेसेज हटवण्यात आला
तुम्ही हा मेसेज हटवला
આ મેસેજ ડિલીટ કરાયો
તમે આ મેસેજ ડિલીટ કર્યો
ਇਸ ਸੁਨੇਹੇ ਨੂੰ ਹਟਾਇਆ ਗਿਆ
এই মেসেজটি বাদ দেওয়া হয়েছে
এই বার্তাটি মুছে ফেলা হয়েছে
ഈ സന്ദേശം ഇല്ലാതാക്കിയതാണ്
இத்தகவல் திரும்பப்பெறப்பட்டது
"""
_CALLS = """
Missed voice call
Missed video call
Verpasster Sprachanruf
Verpasster Videoanruf
Gemist spraakgesprek
Gemiste spraakoproep
Gemist videogesprek
Gemiste video-oproep
Missat röstsamtal
Missat videosamtal
Ubesvaret taleopkald
Ubesvaret videoopkald
Mistet opkald
Tapt taleanrop
Tapt videoanrop
Vastaamaton äänipuhelu
Vastaamaton videopuhelu
Llamada perdida
Llamada de voz perdida
Llamada de video perdida
Videollamada perdida
Appel vocal manqué
Appel vidéo manqué
Chamada de voz perdida
Chamada de vídeo perdida
Videochamada perdida
Chiamata vocale persa
Videochiamata persa
Trucada de veu perduda
Trucada de vídeo perduda
Videotrucada perduda
Apel vocal ratat
Apel vocal nepreluat
Apel video ratat
Apel video nepreluat
Zmeškaný hlasový hovor
Zmeškaný hovor
Zmeškaný videohovor
Nieodebrane poł. głosowe
Nieodebrane połączenie
Nieodebrane poł. wideo
Propušteni glasovni poziv
Propušten glasovni poziv
Propušteni videopoziv
Nem fogadott hanghívás
Nem fogadott videohívás
Nem fogadott videóhívás
Zgrešen klic
Vastamata häälkõne
Vastamata videokõne
Пропущенный аудиозвонок
Пропущенный видеозвонок
Пропущений аудіодзвінок
Пропущений відеодзвінок
Пропуснато гласово обаждане
Пропуснато видео обаждане
Αναπάντητη φωνητική κλήση
Αναπάντητη βιντεοκλήση
Αναπάντητη κλήση
Cevapsız sesli arama
Cevapsız görüntülü arama
Panggilan suara tak terjawab
Panggilan video tak terjawab
Panggilan suara terlepas
Panggilan video terlepas
Cuộc gọi nhỡ
Cuộc gọi nhỡ video
สายที่ไม่ได้รับ
วิดีโอคอลที่ไม่ได้รับ
未接语音通话
未接视频通话
未接語音通話
未接視像通話
音声通話不在着信
ビデオ通話不在着信
부재중 전화
부재중 영상통화
مكالمة صوتية فائتة
مكالمة فيديو فائتة
تماس صوتی پاسخ داده نشده
שיחה קולית שלא נענתה
שיחת וידאו שלא נענתה
मिस्ड वॉइस कॉल
मिस्ड वीडियो कॉल
"""
_WITHOUT_MEDIA = """
en: image video audio sticker GIF document video_note contact_card | omitted
de: Bild Video Audio Sticker GIF Dokument Videonachricht | weggelassen
nl: afbeelding video audio sticker GIF document | weggelaten
nl: visitekaartje | weggelaten
sv: bild video ljud sticker GIF dokument klistermärke | utesluten utelämnad utelämnat utelslutet uteslutet
da: billede video lyd klistermærke GIF dokument kontaktkort | udeladt
no: video lyd klistremerke GIF dokument | utelatt
es: imagen video vídeo audio sticker GIF documento | omitida omitido
fr: image vidéo audio sticker GIF document | absente absent omis manquant retiré
pt: imagem vídeo áudio figurinha GIF documento | ocultada ocultado omitida omitido
it: immagine video audio sticker GIF documento | omessa omesso esclusa
ca: imatge vídeo àudio adhesiu GIF document | omesa omès
ro: imagine document GIF | omisă omis
cs: obrázek video audio nálepka GIF dokument vizitka | vynechán vynecháno vynechána
sk: obrázok video zvuk nálepka GIF dokument | vynechaný vynechané vynechaná
pl: obraz wideo audio GIF dokument | pominięty pominięte
hr: slika video zvuk naljepnica GIF dokument | izostavljena izostavljen
hu: kép videó hang matrica GIF dokumentum | kihagyva
ru: изображение видео аудиофайл GIF документ | отсутствует
uk: зображення відео аудіо документ | відсутнє пропущено
el: εικόνα βίντεο ήχος έγγραφο | παραλείφθηκε
tr: görüntü video ses çıkartma GIF belge | dahil_edilmedi
id: gambar video audio stiker GIF dokumen | tidak_disertakan
he: התמונה הסרטון השמע הסטיקר סטיקר המסמך הקובץ המדיה GIF | הושמט הושמטה
he: כרטיס_איש_קשר סרטון_הווידאו מסמך | הושמט הושמטה
"""
"""Kinds of media in each language, and after the bar the words that say that one is left out; an
underscore stands for a space.
"""
_WHOLE_MEDIA = """
画像は含まれていません
動画は含まれていません
ビデオは含まれていません
音声は含まれていません
オーディオは含まれていません
スタンプは含まれていません
GIFは含まれていません
ドキュメントは含まれていません
이미지 생략됨
비디오 생략됨
오디오 생략됨
스티커 제외됨
GIF 생략됨
문서 생략됨
圖片已略去
影片已略去
音訊已略去
貼圖已略去
文件已略去
照片已忽略
视频已忽略
音频已忽略
贴图已省略
文档已省略
لم يتم إدراج الصورة
لم يتم إدراج الفيديوهات
لم يتم إدراج المقاطع الصوتية
تم حذف الملصقات
لم يتم إدراج المستند
null
live location shared
waiting for this message
waiting for this message. This may take a while
You received a view once message. For added privacy, you can only open it on your phone
"""


def _without_media() -> frozenset[str]:
    phrases: set[str] = set()
    for line in _WITHOUT_MEDIA.strip().splitlines():
        _, _, words = line.partition(": ")
        kinds, _, endings = words.partition(" | ")
        phrases.update(
            f"{kind} {ending}".replace("_", " ").casefold()
            for kind in kinds.split()
            for ending in endings.split()
        )
    return frozenset(phrases)


_PHRASES = _without_media() | frozenset(
    line.casefold()
    for text in (_DELETIONS, _CALLS, _WHOLE_MEDIA)
    for line in text.strip().splitlines()
)
_LONGEST = max(map(len, _PHRASES))
_FORMS = re.compile(
    r"^(?:<[^<>]{3,80}>|\S.{0,150}\.\w{2,5} \([^()]{3,60}\)|"
    r"location: https?://maps\.google\.com/\S{1,200}|This message was deleted by admin .{1,100}|"
    r"(?:Missed|Declined|Cancelled|Silenced) (?:group )?(?:voice|video) call)\.?$",
    re.IGNORECASE,
)
"""Placeholders with a name or an address in them."""
_PAGES = re.compile(r"^\d{1,5} \S{1,20} ")
_ENDS = (">", ")", ">.", ").", "call", "call.")


def is_placeholder(line: str) -> bool:
    """Tell if a line, without spaces around it, stands for something that is not in the export."""
    if _is_phrase(line):
        return True
    # An iPhone writes a document's name and its pages before the phrase.
    name, bullet, document = line.rpartition(" • ")
    if bullet and name and _is_phrase(_PAGES.sub("", document, count=1)):
        return True
    starts = line.startswith(("location:", "Location:", "This message was deleted by admin"))
    return (starts or line.endswith(_ENDS)) and _FORMS.match(line) is not None


def _is_phrase(line: str) -> bool:
    return len(line) <= _LONGEST + 1 and line.rstrip(".。").casefold() in _PHRASES
