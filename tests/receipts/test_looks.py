"""A receipt as text, page and PDF: nothing lost, nothing torn, nothing that runs."""

from __future__ import annotations

import io
import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.receipts.papers import NOON, RECEIPT, TENDER, ZONE, plain_sale, usd
from tillbridge.apps.agent.receipts_font import Helvetica, TrueType, face_for, font_files, read_truetype
from tillbridge.apps.agent.receipts_html import html_of
from tillbridge.apps.agent.receipts_pdf import pdf_of, texts_of
from tillbridge.apps.agent.receipts_sheet import Sheet, moment, sheet_of, short_of
from tillbridge.apps.agent.receipts_text import COLUMNS, text_of, width
from tillbridge.domain.operation import Entry
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.domain.receipt import Agreed, GivenBack, Receipt, Share

NAMES = ("Żaneta Łukasiewicz", "Μαρία Παπαδοπούλου", "Хорошко, Олена", "Nguyễn Thị Ánh")
ACH = replace(
    plain_sale(),
    tenders=(replace(TENDER, amount=usd(21_240), asked=usd(21_240), state="pending", entry=Entry.KEYED_ACH,
                     brand="First Bank", last4="6789", auth_code="", lines=()),),
    shares=(Share(invoice_number="10482", amount=usd(20_000)),
            Share(invoice_number="", amount=usd(1_240), kept_as_credit=True)),
    agreed=Agreed(kind="TEL", text="I allow one debit.", version="TEL-1", given_by="Rosa Alvarez", given_wall_ms=NOON),
)  # fmt: skip
REFUND = replace(
    plain_sale(),
    operation="refund",
    total=usd(3_850),
    tenders=(replace(TENDER, amount=usd(3_850), asked=usd(3_850), entry=None, lines=()),),
    of=GivenBack(number="aaaabbbb", at_wall_ms=NOON - 86_400_000, paid=usd(21_240), left=usd(17_390)),
)
DEPOSIT = replace(plain_sale(), operation="deposit", shares=(Share(invoice_number="", amount=usd(21_240)),))
VOID = replace(REFUND, operation="void", total=usd(21_240), of=None)
PARTIAL = replace(plain_sale(), tenders=(replace(TENDER, amount=usd(21_240), asked=usd(30_000)),))
RETURNED = replace(
    ACH, tenders=(replace(ACH.tenders[0], state="returned"),), returned=usd(21_240), agreed=None
)
ALL = {"sale": RECEIPT, "copy": replace(RECEIPT, copy=2), "ach": ACH, "refund": REFUND, "deposit": DEPOSIT,
       "void": VOID, "partial": PARTIAL, "returned": RETURNED}  # fmt: skip


def sheet(receipt: Receipt) -> Sheet:
    return sheet_of(receipt, ZONE)


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def words(text: str) -> str:
    return " ".join(text.split())


class Read(HTMLParser):
    """What a page shows, and which tags it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def test_the_text_of_a_receipt_is_as_it_is_printed() -> None:
    lines = text_of(sheet(replace(RECEIPT, copy=2))).splitlines()
    assert lines == [
        "            Pine Street Vet",
        "                Receipt",
        "              ** COPY 1 **",
        "----------------------------------------",
        "Date              Jan 15, 2027, 12:00 PM",
        "Client                      Rosa Alvarez",
        "Invoice                            10482",
        "Payment                         k7q9p2ab",
        "----------------------------------------",
        "Amount                           $212.40",
        "Card fee                           $4.00",
        "Tip                               $20.00",
        "Total paid                       $236.40",
        "----------------------------------------",
        "Visa ****4242            on the terminal",
        "Entry                          Chip read",
        "Application                  VISA CREDIT",
        "AID                       A0000000031010",
        "TVR                           0000008000",
        "TSI                                 E800",
        "ARQC                    4D6F636B43727970",
        "Approval                          05921C",
    ]


EXPECTED = {
    "ach": ("Bank payment on its way", "First Bank ****6789 from the bank account", "for invoice 10482 $200.00",
            "kept as credit $12.40", "the bank can still return it", "Rosa Alvarez agreed to it on Jan 15, 2027,",
            "on the telephone (text TEL-1):", "I allow one debit."),
    "refund": ("Part of a payment given back", "Total given back $38.50", "Paid on Jan 14, 2027 $212.40",
               "Still paid of it $173.90", "in 3 to 5 days"),
    "deposit": ("Receipt for a deposit", "Kept as credit for Rosa Alvarez."),
    "void": ("Charge taken back", "You see it today."),
    "partial": ("$300.00 was asked for; this card paid $212.40 of it.",),
    "returned": ("The bank returned this payment of $212.40.", "Still paid $0.00"),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_every_kind_says_what_happened(name: str) -> None:
    text = words(text_of(sheet(ALL[name])).replace("-" * COLUMNS, ""))
    assert [part for part in EXPECTED[name] if words(part) not in text] == []


@pytest.mark.parametrize("name", ALL)
def test_all_three_looks_say_the_same(name: str) -> None:
    one = sheet(ALL[name])
    page, pdf = words(Read(html_of(one)).text), words(pdf_text(pdf_of(one)))
    text = words(text_of(one).replace("-" * COLUMNS, ""))
    for told in map(words, texts_of(one)):
        assert told in page
        assert told in pdf
        assert told in text


def test_a_first_receipt_does_not_say_copy_and_a_second_does() -> None:
    for look in (text_of, html_of, lambda one: pdf_text(pdf_of(one))):
        assert "COPY" not in look(sheet(RECEIPT)).replace(".copy", "")
        assert "COPY 1" in look(sheet(replace(RECEIPT, copy=2)))
        assert "COPY 2" in look(sheet(replace(RECEIPT, copy=3)))


@pytest.mark.parametrize("name", ALL)
def test_a_receipt_is_never_taken_for_a_card_number(name: str) -> None:
    one = sheet(ALL[name])
    assert not looks_like_card_number(text_of(one))
    assert not looks_like_card_number(html_of(one))
    assert not looks_like_card_number(short_of(ALL[name], ZONE))


# ---- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_names_beyond_western_europe_stand_there_as_they_are(name: str) -> None:
    one = sheet(plain_sale(client=name))
    assert name in text_of(one)
    assert name in html_of(one)
    content = pdf_of(one)
    assert name in pdf_text(content)
    assert b"/FontFile2" in content


def test_an_ordinary_receipt_carries_no_font() -> None:
    content = pdf_of(sheet(plain_sale(client="Zoë Ørsted-García “Kit”")))
    assert b"/FontFile2" not in content
    assert len(content) < 10_000
    assert "Zoë Ørsted-García “Kit”" in pdf_text(content)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Żaneta Łukasiewicz", "Zaneta Lukasiewicz"),
        ("Nguyễn Thị", "Nguyen Thi"),
        ("李 Wei", "? Wei"),
        ("Zoë", "Zoë"),
    ],
)
def test_without_a_font_letters_lose_their_accents_and_the_receipt_is_made(name: str, shown: str) -> None:
    one = sheet(plain_sale(client=name))
    face = face_for(texts_of(one), files=[])
    assert isinstance(face, Helvetica)
    assert shown in pdf_text(pdf_of(one, face))


def test_a_font_file_that_is_none_is_passed_by(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"\x00\x01\x00\x00\x00\x09" + b"x" * 40)
    missing = tmp_path / "missing.ttf"
    assert isinstance(face_for(["Żaneta"], files=[broken, missing]), Helvetica)
    for content in (b"", b"OTTO" + b"\0" * 60, broken.read_bytes()):
        with pytest.raises(ValueError):
            read_truetype(content)


def test_the_font_with_the_most_letters_wins() -> None:
    found = face_for(["Żaneta 李"])
    assert isinstance(found, TrueType)
    assert found.shown("Ż李") in ("Ż?", "Ż李")
    assert next(font_files(), None) is not None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=30))
def test_no_name_breaks_a_receipt(client: str, invoice: str) -> None:
    receipt = plain_sale(client=client, shares=(Share(invoice_number=invoice, amount=usd(21_240)),))
    one = sheet(receipt)
    assert all(width(line) <= COLUMNS for line in text_of(one).splitlines())
    assert "$212.40" in pdf_text(pdf_of(one, face_for([], files=[])))
    assert set(Read(html_of(one)).tags) <= {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p",
                                            "table", "tr", "th", "td"}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '" onload="x', "</td>&amp;"]
)
def test_a_name_is_a_name_and_no_part_of_the_page(name: str) -> None:
    page = Read(html_of(sheet(plain_sale(client=name))))
    assert name in page.text
    assert not {"script", "img"} & set(page.tags)


def test_what_nobody_sees_is_left_out() -> None:
    assert "Rosa Alvarez" in text_of(sheet(plain_sale(client="Ro\u202esa\x07\r\n  Alva\u200brez")))


def test_the_page_loads_nothing_and_knows_the_dark() -> None:
    page = html_of(sheet(RECEIPT))
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert not re.search(r"(src|href)=|url\(|https?:", page)


# ---- long ones, and times ------------------------------------------------------------------------


def test_a_long_receipt_goes_on_on_another_page() -> None:
    many = tuple(Share(invoice_number=f"{10_000 + n}", amount=usd(100)) for n in range(60))
    content = pdf_of(sheet(plain_sale(shares=many)))
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert len(reader.pages) == 2
    text = pdf_text(content)
    assert [n for n in range(60) if f"for invoice {10_000 + n}" not in text] == []


def test_wide_letters_take_two_columns_and_accents_none() -> None:
    assert (width("李"), width("e\u0301"), width("ab")) == (2, 1, 2)
    lines = text_of(sheet(plain_sale(client="李" * 30))).splitlines()
    assert max(map(width, lines)) == COLUMNS


@pytest.mark.parametrize(
    ("wall_ms", "told"),
    [
        (NOON, "Jan 15, 2027, 12:00 PM"),
        (NOON + 12 * 3_600_000, "Jan 16, 2027, 12:00 AM"),
        (NOON + 3_660_000, "Jan 15, 2027, 1:01 PM"),
    ],
)
def test_times_are_told_as_people_write_them(wall_ms: int, told: str) -> None:
    assert moment(wall_ms, ZONE) == told


VOID_TEXT = (
    "Pine Street Vet: the charge of $212.40 to Visa ****4242 was taken back on Jan 15, 2027. You see it today. "
    "Payment k7q9p2ab."
)

# ---- the short one --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sale", "Pine Street Vet: $236.40 paid on Jan 15, 2027 with Visa ****4242. Payment k7q9p2ab."),
        (
            "copy",
            "Pine Street Vet: $236.40 paid on Jan 15, 2027 with Visa ****4242. Payment k7q9p2ab. (COPY 1)",
        ),
        ("void", VOID_TEXT),
    ],
)
def test_a_text_message_is_short_and_names_no_client(name: str, told: str) -> None:
    assert short_of(ALL[name], ZONE) == told
    assert "Rosa" not in told


def test_every_word_of_receipts_has_a_use() -> None:
    section = tomllib.loads(files("tillbridge.strings").joinpath("en.toml").read_text("utf-8"))["receipt"]
    folder = Path(__file__).resolve().parents[2] / "src" / "tillbridge" / "apps" / "agent"
    source = "".join(file.read_text("utf-8") for file in folder.glob("receipts*.py"))
    told = set(re.findall(r'"([a-z_]+)"', source))
    made = {f"{start}_{end}" for start, ends in FAMILIES.items() for end in ends}
    assert set(section) - told - made == set()
    assert made <= set(section)


FAMILIES = {
    "heading": ("sale", "deposit", "void", "refund"),
    "by": tuple(Entry),
    "note": ("voided", "returned", "void", "refund"),
    "agreed": ("ppd", "tel", "web", "ccd", "card_on_file"),
    "short": ("sale", "deposit", "pending", "void", "refund"),
    "sent": ("print", "email", "text"),
    "maybe": ("print", "email", "text"),
}
