"""Which encoding a page is in that does not say: the one in which its letters make up words of some language.

The HTML standard leaves the way to the browser. Here a page is read in every encoding of the web that its bytes allow,
and that one wins in which the largest share of its characters beyond ASCII are frequent ones of one language.
"""

from collections import Counter
from dataclasses import dataclass

from page_read.charsets import decode

_SAMPLE_BYTES = 40_000
_TOLERATED_ERRORS = 0.005
_UTF_16_MIN_SHARE = 0.25


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    charset: str
    frequent: tuple[str, ...]  # for each language written in it, the characters beyond ASCII it uses most
    min_share: float  # of all characters beyond ASCII


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
    "éèàêâçôîûùëïœ",
    "äöüß",
    "áéíóúñü¿¡",
    "áâãàçéêíóôõú",
    "åäöæøé",
    "àèéìòù",
    "ëïéèöüç",
    "éèàêâçôîùëïäöüßáíóúñãåæø",
)
_CENTRAL = ("áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "čšžćđ", "ăâîșțşţ")
_TURKISH = ("çğıöşüİ",)
_BALTIC = ("āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž")

# In the order in which the earlier wins a tie.
_MULTI_BYTE = (
    _Candidate(charset="shift_jis", frequent=(_KANA,), min_share=0.3),
    _Candidate(charset="euc-jp", frequent=(_KANA,), min_share=0.3),
    _Candidate(charset="euc-kr", frequent=(_HANGUL,), min_share=0.25),
    _Candidate(charset="gbk", frequent=(_SIMPLIFIED,), min_share=0.1),
    _Candidate(charset="big5", frequent=(_TRADITIONAL,), min_share=0.1),
)
_SINGLE_BYTE = (
    _Candidate(charset="windows-1252", frequent=_WESTERN, min_share=0.5),
    _Candidate(charset="windows-1250", frequent=_CENTRAL, min_share=0.6),
    _Candidate(charset="iso-8859-2", frequent=_CENTRAL, min_share=0.6),
    _Candidate(charset="windows-1254", frequent=_TURKISH, min_share=0.7),
    _Candidate(charset="windows-1257", frequent=_BALTIC, min_share=0.7),
    _Candidate(charset="windows-1251", frequent=(_RUSSIAN, _UKRAINIAN, _BULGARIAN), min_share=0.5),
    _Candidate(charset="koi8-r", frequent=(_RUSSIAN,), min_share=0.5),
    _Candidate(charset="koi8-u", frequent=(_UKRAINIAN,), min_share=0.5),
    _Candidate(charset="ibm866", frequent=(_RUSSIAN,), min_share=0.5),
    _Candidate(charset="iso-8859-5", frequent=(_RUSSIAN, _BULGARIAN), min_share=0.5),
    _Candidate(charset="windows-1253", frequent=(_GREEK,), min_share=0.5),
    _Candidate(charset="windows-1255", frequent=(_HEBREW,), min_share=0.5),
    _Candidate(charset="windows-1256", frequent=(_ARABIC,), min_share=0.5),
    _Candidate(charset="iso-8859-6", frequent=(_ARABIC,), min_share=0.5),
    _Candidate(charset="windows-874", frequent=(_THAI,), min_share=0.5),
)
# Signs that every language uses, so that they speak for any encoding that has them.
_SIGNS = frozenset("\xa0«»‹›“”„‘’–—…•·©®™°€£¢§×½№")


def detect_charset(body: bytes) -> str | None:
    """The encoding that `body` is most likely in, or None for plain ASCII and for what resembles nothing known."""
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
    """Whether what stands beyond ASCII is UTF-8, but for a few errors."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        decoded = body.decode("utf-8", "replace")
        beyond_ascii = sum(not character.isascii() for character in decoded)
        return decoded.count("\ufffd") <= 0.1 * beyond_ascii
    return True


def _sample(body: bytes) -> bytes:
    """A part of `body` from where it is ASCII no more."""
    start = len(body) - len(body.lstrip(bytes(range(0x80))))
    return body[start : start + _SAMPLE_BYTES]


def _share(sample: bytes, candidate: _Candidate) -> float:
    """How much of what stands beyond ASCII in `sample` is frequent in the candidate's best language."""
    counts = Counter(decode(sample, candidate.charset))
    counts = Counter({char: n for char, n in counts.items() if not char.isascii()})
    total = counts.total()
    if not total or counts["\ufffd"] > 1 + _TOLERATED_ERRORS * total:
        return 0.0
    signs = sum(counts[sign] for sign in _SIGNS)
    return (signs + max(sum(counts[char] for char in frequent) for frequent in candidate.frequent)) / total
