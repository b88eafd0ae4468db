"""Names of headers in the languages of mail programs, which write them above a mail that is
answered or passed on.
"""

from __future__ import annotations

_FROM = """
from|von|de|da|van|fra|från|od|от|kimden|lähettäjä|de la|feladó|від|από|отправитель|发件人|寄件者|差出人|보낸 사람|
מאת|من
"""
FROM_NAMES = frozenset(_FROM.replace("\n", "").split("|"))
"""Names of the header of who wrote a mail, in small letters."""
_DATE = """
sent|date|gesendet|gesendet am|datum|envoyé|date d'envoi|enviado|enviado el|enviado em|enviada em|fecha|inviato|
data|verzonden|sendt|dato|skickat|wysłano|odesláno|elküldve|отправлено|дата|gönderildi|tarih|lähetetty|päivämäärä|
trimis|надіслано|στάλθηκε|发送时间|日期|寄件日期|送信日時|日付|보낸 날짜|날짜|נשלח|תאריך|تاريخ الإرسال
"""
DATE_NAMES = frozenset(_DATE.replace("\n", "").split("|"))
"""Names of the header of when a mail was sent, in small letters."""
