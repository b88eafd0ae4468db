"""JSON, tables and mail that are talk, and such of the same shape that are none."""

import json

import pytest

from cgp.sources import read_path, source_named


def mail(*headers, body="Will you come on Friday? I have the key."):
    return "\n".join((*headers, "", body, ""))


ANN = ("From: Ann Lee <ann@a.org>", "To: bob@b.org", "Subject: key", "Date: Wed, 4 Mar 2026 10:00:00 +0000")  # fmt: skip
SHOP = ("From: Shop <news@s.org>", "To: ann@a.org", "Subject: spring", "Date: Wed, 4 Mar 2026 10:00:00 +0000", "Message-ID: <s1@s.org>")  # fmt: skip
UNDATED = ("From: Ann", "To: Bob", "Subject: key")


def mbox(*mails):
    return "\n".join(f"From x@x.org Wed Mar  4 10:00:00 2026\n{text}" for text in mails)


def named(key, text_key, *pairs, **more):
    return [{key: name, text_key: text, **more} for name, text in pairs]


TALK = {
    "roles.json": named("role", "content", ("user", "Sort my list"), ("assistant", "Done")),
    "one-role.json": {"messages": named("role", "content", ("user", "Sort my list"))},
    "system.json": named("role", "content", ("system", "Be kind"), ("user", "a b"), ("assistant", "c")),
    "support.json": named("role", "content", ("customer", "Order late"), ("agent", "Looking")),
    "speaker.json": named("speaker", "text", ("Oru", "rain again"), ("Vek", "so it seems")),
    "sender.json": {"messages": named("sender", "body", ("Oru", "rain"), ("Vek", "snow"))},
    "from.json": {"conversations": named("from", "value", ("human", "rain"), ("gpt", "snow"))},
    "author.json": {"messages": named("author", "text", ("zed", "where are you?"), ("oru", "home"), ("zed", "ok"))},
    "name.json": named("name", "text", ("Ann", "Hi"), ("Bob", "Hello")),
    "user.json": {"messages": named("user", "message", ("oru", "rain again"), ("vek", "bring my coat"), ("oru", "sure"), ("vek", "at ten"))},
    "turns.json": {"messages": named("user", "text", ("fox", "server down"), ("owl", "restarting"), ("fox", "back up"), ("owl", "good"))},
    "answer.csv": "Autor;Texto\nLuz;¿Llegas?\nBeto;Ya casi\n",
    "german.json": {"messages": named("author", "content", ("Gisela", "Kommst du?"), ("Detlef", "Um acht"), ("Gisela", "Gut"))},
    "dialog.json": {"dialog": ["rain again", "so it seems"]},
    "strings.json": {"messages": ["Where are you?", "At home", "I am coming"]},
    "pairs.json": {"messages": [["fox", "server down"], ["owl", "restarting"], ["fox", "back up"], ["owl", "good"]]},
    "lines.jsonl": [{"messages": named("role", "content", ("user", "a b"), ("assistant", "c d"))}] * 2,
    "speaker.csv": "speaker,text\nOru,rain again\nVek,so it seems\n",
    "sender.csv": "Sender;Message\nOru;rain again\nVek;so it seems\n",
    "name.csv": "name,message\nann,Hi\nbob,Hello\n",
    "user.csv": "user,text,date\nzed,are you there?,2026-03-04\noru,yes,2026-03-04\nzed,good,2026-03-04\n",
    "author.tsv": "AuthorID\tAuthor\tDate\tContent\tAttachments\n1\tzed\t2026-03-04\train again\t\n2\toru\t2026-03-04\tbring my coat\t\n1\tzed\t2026-03-04\tok\t\n",
    "deutsch.csv": "Datum;Name;Nachricht\n04.03.2026;Gisela;Kommst du?\n04.03.2026;Detlef;Um acht\n04.03.2026;Gisela;Gut\n",
    "espanol.csv": "Fecha,Remitente,Mensaje\n04/03/2026,Paco,lluvia\n04/03/2026,Inma,nieve\n",
    "ticket.csv": "ticket_id,name,body\n7,Oru,order late\n7,Vek,sent today\n",
    "answers.csv": "id,user,text,reply_to\n1,oru,rain,\n2,vek,snow,1\n",
    "sms.csv": "name,body,type\nOru,rain again,incoming\n,so it seems,outgoing\n",
    "roles.csv": "role,content\nuser,sort list\nassistant,done\n",
    "rated.csv": "conversation_id,sender,message,rating\n1,Oru,late,5\n1,Vek,sent,5\n1,Oru,fine,5\n",
    "letter.eml": mail(*ANN),
    "no-date.eml": mail(*UNDATED, "Message-ID: <1@a.org>"),
    "list.eml": mail(*ANN, "List-Unsubscribe: <http://l>", "List-Post: <mailto:l@l.org>", "Precedence: list"),
    "old-list.eml": mail(*ANN, "List-Post: <mailto:l@l.org>", "Precedence: bulk"),
    "pasted.txt": mail(*ANN),
    "answered.mbox": mbox(mail(*SHOP, "List-Unsubscribe: <http://u>"), mail("From: Ann <ann@a.org>", "To: news@s.org", "Subject: Re: spring", "Date: Wed, 4 Mar 2026 11:00:00 +0000", "Message-ID: <2@a.org>", "In-Reply-To: <s1@s.org>")),
    "gmail.mbox": mbox(mail("X-Gmail-Labels: Inbox,Important", *ANN)),
    "norman.eml": mail("From: Nora Plym <nora.plym@a.org>", *ANN[1:]),
}  # fmt: skip
NO_TALK = {
    "list.json": (named("name", "text", ("a", "desc of a"), ("b", "desc b")), "nothing shows that 'a', 'b' under 'name' speak"),
    "pages.json": (named("role", "content", ("admin", "page content"), ("guest", "other page")), "nothing shows that 'admin', 'guest' under 'role' speak"),
    "labels.json": ({"messages": named("name", "text", ("greeting_label", "Hello"), ("bye_label", "Bye"))}, "are not usual names"),
    "i18n.json": ({"messages": {"hello": "Hello", "bye": "Bye"}}, "texts by their keys"),
    "products.json": (named("name", "text", ("Widget", "I love it"), ("Widget", "you will too"), price=3), "its entries have 'price'"),
    "places.json": ({"messages": named("name", "text", ("Pier", "Do you see it?"), ("Pier", "old"), ("Mole", "new"), lat=1, lon=2)}, "its entries have 'lat', 'lon'"),
    "praise.json": (named("name", "text", ("Ann", "I love it"), ("Bob", "You need this"), ("Eve", "My best buy")), "each name under 'name' stands once"),
    "posts.json": (named("author", "content", ("ann", "I walked"), ("ann", "I swam")), "'ann' is the only name"),
    "audit.json": (named("author", "text", ("ann", "login ok"), ("bob", "login failed"), ("ann", "logout")), "nothing shows"),
    "alerts.json": ({"messages": ["Disk full", "Disk mounted", "Disk full", "Disk mounted"]}, "nothing shows"),
    "lint.json": ([{"filePath": "a.js", "messages": named("name", "message", ("semi", "x"), ("semi", "y"), severity=2)}], "its entries have 'severity'"),
    "faq2.json": (named("name", "content", ("shipping", "Where is it?"), ("returns", "How do I return?")), "are not usual names"),
    "faq.json": (named("name", "content", ("shipping", "Where is it?"), ("returns", "How do I return?"), ("taxes", "Do I pay?")), "each name"),
    "goods.jsonl": (named("speaker", "text", ("Box A", "loud"), ("Box B", "small"), ("Box C", "cheap"), price=9), "no speaker comes back"),
    "staff.jsonl": (named("role", "content", ("editor", "can edit"), ("viewer", "can view"), ("owner", "can delete")), "each name under 'role'"),
    "reviews.csv": ("user,text,rating\nann,good phone,5\nbob,I like you,1\nann,ok case,3\n", "its entries have 'rating'"),
    "contacts.csv": ("name,message,date\nAnn,birthday,2024-01-01\nBob,none,2024-02-01\n", "nothing shows that 'Ann', 'Bob'"),
    "form.csv": ("name,email,message\nAnn,a@a.org,Do you sell bikes?\nBob,b@b.org,I want a lamp\nEve,e@e.org,Are you open?\n", "each name under 'name' stands once"),
    "issues.csv": ("id,author,title,body\n1,ann,Bug,It fails for me\n2,bob,Wish,I need it\n3,ann,Bug,why?\n", "its entries have 'title'"),
    "posts.csv": ("id,user,text,created_at\n1,ann,my cat,2024-02-28\n2,bob,I run,2024-02-28\n3,cat,you win,2024-02-28\n", "each name under 'user'"),
    "feelings.csv": ("sentiment,user,text\n4,ann,I love you\n0,bob,I am sad\n4,ann,yes!\n", "its entries have 'sentiment'"),
    "talks.csv": ("time,speaker,title,content\n9:00,Ann,Bees,dances\n10:00,Bob,Ants,roads\n11:00,Eve,Wasps,nests\n", "its entries have 'title', as lists of things have, and no speaker comes back"),
    "log.csv": ("time,user,message\n9:00,ann,login ok\n9:01,bob,login failed\n9:02,ann,logout\n", "nothing shows"),
    "bewertung.csv": ("Name;Sterne;Text\nUwe;5;Ich mag es\nGisela;1;Kaputt\nUwe;3;Geht so\n", "its entries have 'sterne'"),
    "diary.csv": ("author,text\nann,I walked\nann,I swam\n", "'ann' is the only name"),
    "prices.csv": ("name,price\nA,1\nB,2\n", "none of its columns is known"),
    "cases.csv": ("ticket_id,name,comment\n1,Oru,closed\n2,Vek,closed\n3,Oru,open\n", "nothing shows"),
    "news.eml": (mail(*SHOP, "List-Unsubscribe: <http://u>"), "List-Unsubscribe without List-Post"),
    "bulk.eml": (mail(*SHOP, "Precedence: bulk"), "Precedence: bulk"),
    "closed.eml": (mail(*SHOP, "List-Unsubscribe: <http://u>", "List-Post: NO"), "without List-Post"),
    "machine.eml": (mail(*SHOP, "Auto-Submitted: auto-generated"), "Auto-Submitted: auto-generated"),
    "order.eml": (mail("From: Shop <no-reply@s.org>", *SHOP[1:]), "takes no answer (no-reply)"),
    "news.mbox": (mbox(*(mail("From: N <n@s.org>", f"Date: Wed, {day} Mar 2026 10:00:00 +0000", "Subject: News", f"Message-ID: <{day}@s>", "Precedence: bulk") for day in (4, 5))), "Precedence: bulk"),
    "draft.txt": (mail(*UNDATED, "Date: today"), "a draft: no Message-ID, no Received"),
    "draft.eml": (mail(*UNDATED), "a draft: no Message-ID"),
    "unsent.eml": (mail("X-Unsent: 1", *ANN), "X-Unsent"),
    "gmail.mbox": (mbox(mail("X-Gmail-Labels: Drafts", *ANN, "Message-ID: <3@a.org>")), "a draft: its mailbox"),
}  # fmt: skip


def written(tmp_path, name, content):
    if name.endswith(".jsonl"):
        content = "".join(json.dumps(value) + "\n" for value in content)
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", TALK)
def test_messages_of_people_are_read(tmp_path, name):
    records = [record for _, record in read_path(written(tmp_path, name, TALK[name]))]
    assert [record.error for record in records] == [None] * len(records)
    assert records


@pytest.mark.parametrize("name", NO_TALK)
def test_a_list_a_table_or_mail_in_the_shape_of_talk_is_refused_with_what_is_missing(
    tmp_path, name
):
    content, reason = NO_TALK[name]
    records = [record for _, record in read_path(written(tmp_path, name, content))]
    assert {record.conversation for record in records} == {None}
    assert all(reason in str(record.error) for record in records)


@pytest.mark.parametrize("name", ["list.json", "contacts.csv"])
def test_a_named_format_is_read_without_evidence(tmp_path, name):
    path = written(tmp_path, name, NO_TALK[name][0])
    records = [record for _, record in read_path(path, source_named(path.suffix[1:]))]
    assert [len(record.conversation.turns) for record in records] == [2]


def test_a_draft_and_a_newsletter_cost_no_letter_beside_them(tmp_path):
    box = mbox(mail(*UNDATED), mail(*ANN), mail(*SHOP, "Precedence: bulk"))
    records = [record for _, record in read_path(written(tmp_path, "all.mbox", box))]
    titles = [record.conversation.title for record in records if record.conversation]
    assert titles == ["key"]
    assert len(records) == 3
