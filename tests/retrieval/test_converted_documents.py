"""PDF and Word documents become paragraphs that can be cited, by the real converter."""

import pytest

from cgp.retrieval import RetrievalError
from cgp.retrieval.documents import read_file

pytestmark = pytest.mark.peers
pytest.importorskip("markitdown", reason="the extra library is not installed")

SENTENCE = "The greenhouse thermostat is set to eleven degrees."


def a_pdf(text):
    """Return a PDF of one page with one line of text, with a table of its objects' places."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(data)
    data += b"xref\n0 6\n0000000000 65535 f \n"
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def test_a_pdf_is_read(tmp_path):
    (tmp_path / "manual.pdf").write_bytes(a_pdf(SENTENCE))
    [document] = read_file(tmp_path / "manual.pdf")
    assert document.title == "manual.pdf"
    assert SENTENCE in document.turns[0].text


def test_a_word_document_is_read(tmp_path):
    # Prepare
    docx = pytest.importorskip("docx", reason="python-docx writes the document of this test")
    written = docx.Document()
    written.add_heading("Manual", 1)
    written.add_paragraph(SENTENCE)
    written.save(tmp_path / "manual.docx")

    # Execute
    [document] = read_file(tmp_path / "manual.docx")

    # Assert
    assert SENTENCE in [turn.text for turn in document.turns]


@pytest.mark.parametrize("name", ["broken.pdf", "broken.docx"])
def test_a_damaged_document_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"%PDF-1.4\nnothing" if name.endswith("pdf") else b"PK\x03\x04x")
    with pytest.raises(RetrievalError, match="broken"):
        read_file(tmp_path / name)
