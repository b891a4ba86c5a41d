"""Pages that declare no encoding. `make accuracy-charset` measures it on more languages and texts."""

import random
import time

import pytest

from page_read.detection import detect_charset
from page_read.page import read_page

TEXTS = {
    "Новости дня и погода в Москве": "windows-1251 koi8-r iso-8859-5 ibm866",
    "Сьогодні в Києві йде дощ, але завтра буде сонячно": "windows-1251 koi8-u",
    "Времето днес е хубаво, а утре ще вали дъжд": "windows-1251",
    "Данас је лепо време и деца се играју у парку": "windows-1251",
    "Ο καιρός σήμερα είναι καλός και τα παιδιά παίζουν": "windows-1253 iso-8859-7",
    "מזג האוויר היום נאה והילדים משחקים בחוץ": "windows-1255",
    "الطقس جميل اليوم والأطفال يلعبون في الحديقة": "windows-1256 iso-8859-6",
    "Bugün hava çok güzel, çocuklar bahçede oynuyor ve şarkı söylüyor": "windows-1254",
    "วันนี้อากาศดีและเด็กๆ เล่นอยู่ในสวน": "windows-874",
    "Šodien ir jauks laiks, un bērni rotaļājas dārzā": "windows-1257",
    "Šiandien gražus oras, ir vaikai žaidžia kieme": "windows-1257",
    "Dziś jest ładna pogoda i dzieci bawią się w ogrodzie": "windows-1250 iso-8859-2",
    "Dnes je hezké počasí a děti si hrají na zahradě": "windows-1250 iso-8859-2",
    "Ma szép idő van, és a gyerekek a kertben játszanak, később főzünk": "windows-1250",
    "今日は天気がよくて、子供たちは庭で遊んでいます": "shift_jis euc-jp iso-2022-jp",
    "日本語": "shift_jis euc-jp",
    "오늘은 날씨가 좋아서 아이들이 마당에서 놀고 있다": "euc-kr",
    "今天天气很好，孩子们在花园里玩": "gbk",
    "今天天氣很好，孩子們在花園裡玩": "big5",
    "Heute ist es schön, und die Kinder spielen draußen": "windows-1252",
    "Aujourd’hui il fait beau, et les élèves jouent près de l’église": "windows-1252",
    "Hoy hace buen tiempo y los niños juegan en el jardín": "windows-1252",
    "La password è stata cambiata e la città è più bella": "windows-1252",
    "© 2020 A Company – “all rights” reserved…": "windows-1252",
    "A page with\xa0• a bullet": "windows-1252",
}
CASES = [(text, charset) for text, charsets in TEXTS.items() for charset in charsets.split()]
PAGE = b"<!doctype html><title>%b</title><script>var a = 1;</script><nav>Home | Contact</nav><p class=text>%b</p>"


@pytest.mark.parametrize(("text", "charset"), CASES)
def test_the_encoding_of_an_unlabelled_page_is_detected(text: str, charset: str) -> None:
    encoded = text.encode({"windows-874": "cp874", "ibm866": "cp866"}.get(charset, charset))
    page = read_page(PAGE % (encoded, encoded), "text/html")
    assert page.text.split("\n")[-1].strip() == text or text in page.text
    assert read_page(encoded, "text/plain").text == text


def test_a_label_in_a_script_misleads_nothing() -> None:
    body = PAGE % (b"", "Новости дня и погода в Москве".encode("cp1251"))
    assert detect_charset(body.replace(b"var a = 1", b"var a = '<meta charset=koi8-r>'")) == "windows-1251"


def test_text_after_a_long_stretch_of_ascii_is_what_counts() -> None:
    body = "© ".encode("cp1251") + b"plain words " * 20_000 + "Новости дня и погода в Москве".encode("cp1251")
    assert detect_charset(body) == "windows-1251"


@pytest.mark.parametrize(
    "body",
    [
        random.Random(1).randbytes(2_000_000),
        b"\xe9" * 2_000_000,
        b"<p \xe9" * 500_000,
        b"<!--\xe9" * 400_000,
        b"<script>\xe9" * 200_000,
        b"\xe9" + b"a" * 2_000_000,
        b"a \xe9 " * 500_000,
    ],
    ids=["random", "one letter", "tags", "comments", "scripts", "one word", "words"],
)
def test_no_bytes_make_detection_long(body: bytes) -> None:
    start = time.process_time()
    detect_charset(body)
    assert time.process_time() - start < 4
