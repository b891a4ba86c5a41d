"""Detects the encoding of a page that declares none: the one in which its letters make up words of some language.

The HTML standard leaves the way to the browser. Here a page is read in every encoding of the web that its bytes allow;
the winner is the one in which the largest share of its characters beyond ASCII are frequent ones of one language.
"""

from collections import Counter
from typing import NamedTuple

from page_read.decoding import decode

_SAMPLE_BYTES = 40_000
_TOLERATED_ERRORS = 0.005
_UTF_16_MIN_SHARE = 0.25

_KANA = "".join(map(chr, range(0x3041, 0x3097))) + "".join(map(chr, range(0x30A1, 0x30FD))) + "、。"
_SIMPLIFIED = "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会，。、"
_TRADITIONAL = "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會，。、"
_HANGUL = "이다는에의가을고를하지한로기사리나도은대인자어서시스그정일수해있보"
_RUSSIAN = "оеаинтсрвлкм"
_UKRAINIAN = "оаинтівреслк"
_BULGARIAN = "аоиетнсрвлпк"
_GREEK = "αοιετσνηυρπκ"
_HEBREW = "יוהלארמבשתנד"
_ARABIC = "اليمنوترةبعد"
_THAI = "านรอกเงมยลวดท่้"
_WESTERN = (
    *("éèàêâçôîûùëïœ", "äöüß", "áéíóúñü¿¡", "áâãàçéêíóôõú", "åäöæøé", "àèéìòù", "ëïéèöüç"),
    "éèàêâçôîùëïäöüßáíóúñãåæø",
)
_CENTRAL = ("áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "čšžćđ", "ăâîșțşţ")
_TURKISH = ("çğıöşüİ",)
_BALTIC = ("āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž")


class _Candidate(NamedTuple):
    charset: str
    min_share: float  # of frequent characters among all beyond ASCII
    frequent: tuple[str, ...]  # for each language written in it, the characters beyond ASCII it uses most


# The earlier wins a tie.
_MULTI_BYTE = (
    _Candidate("shift_jis", 0.3, (_KANA,)),
    _Candidate("euc-jp", 0.3, (_KANA,)),
    _Candidate("euc-kr", 0.25, (_HANGUL,)),
    _Candidate("gbk", 0.1, (_SIMPLIFIED,)),
    _Candidate("big5", 0.1, (_TRADITIONAL,)),
)
_SINGLE_BYTE = (
    _Candidate("windows-1252", 0.5, _WESTERN),
    _Candidate("windows-1250", 0.6, _CENTRAL),
    _Candidate("iso-8859-2", 0.6, _CENTRAL),
    _Candidate("windows-1254", 0.7, _TURKISH),
    _Candidate("windows-1257", 0.7, _BALTIC),
    _Candidate("windows-1251", 0.5, (_RUSSIAN, _UKRAINIAN, _BULGARIAN)),
    _Candidate("koi8-r", 0.5, (_RUSSIAN,)),
    _Candidate("koi8-u", 0.5, (_UKRAINIAN,)),
    _Candidate("ibm866", 0.5, (_RUSSIAN,)),
    _Candidate("iso-8859-5", 0.5, (_RUSSIAN, _BULGARIAN)),
    _Candidate("windows-1253", 0.5, (_GREEK,)),
    _Candidate("windows-1255", 0.5, (_HEBREW,)),
    _Candidate("windows-1256", 0.5, (_ARABIC,)),
    _Candidate("iso-8859-6", 0.5, (_ARABIC,)),
    _Candidate("windows-874", 0.5, (_THAI,)),
)
# Signs of every language, which count for any encoding that has them.
_SIGNS = frozenset("\xa0«»‹›“”„‘’–—…•·©®™°€£¢§×½№")


def detect_charset(body: bytes) -> str | None:
    """The most likely encoding of `body`, or None for plain ASCII and for text like no known language."""
    if utf_16 := _detect_utf_16(body):
        return utf_16
    if body.isascii():
        return "iso-2022-jp" if b"\x1b$" in body else None
    if _is_utf_8(body):
        return "utf-8"
    sample = _sample(body)
    for candidates in (_MULTI_BYTE, _SINGLE_BYTE):
        shares = [(_share(sample, candidate), candidate) for candidate in candidates]
        likely = [(share, candidate) for share, candidate in shares if share >= candidate.min_share]
        if likely:
            return max(likely, key=lambda rated: rated[0])[1].charset
    return None


def _detect_utf_16(body: bytes) -> str | None:
    """Markup is ASCII, so that in UTF-16 every other byte of it is zero."""
    head = body[:4096]
    units = len(head) // 2
    if units and head[1::2].count(0) >= _UTF_16_MIN_SHARE * units > 4 * head[::2].count(0):
        return "utf-16le"
    if units and head[::2].count(0) >= _UTF_16_MIN_SHARE * units > 4 * head[1::2].count(0):
        return "utf-16be"
    return None


def _is_utf_8(body: bytes) -> bool:
    """Whether all beyond ASCII is UTF-8, except for a few errors."""
    decoded = body.decode("utf-8", "replace")
    errors = decoded.count("\ufffd") - body.count(b"\xef\xbf\xbd")
    return not errors or errors <= 0.1 * sum(not character.isascii() for character in decoded)


def _sample(body: bytes) -> bytes:
    """A part of `body` from its first byte beyond ASCII on."""
    start = len(body) - len(body.lstrip(bytes(range(0x80))))
    return body[start : start + _SAMPLE_BYTES]


def _share(sample: bytes, candidate: _Candidate) -> float:
    """The share of characters beyond ASCII in `sample` that are frequent in the candidate's best language."""
    counts = Counter(decode(sample, candidate.charset))
    counts = Counter({char: n for char, n in counts.items() if not char.isascii()})
    total = counts.total()
    if not total or counts["\ufffd"] > 1 + _TOLERATED_ERRORS * total:
        return 0.0
    signs = sum(counts[sign] for sign in _SIGNS)
    return (signs + max(sum(counts[char] for char in frequent) for frequent in candidate.frequent)) / total
