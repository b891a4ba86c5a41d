"""How bytes are decoded in each character encoding of the web."""

# Python's codec for an encoding, where it has another name or covers less than the standard's own.
_CODECS = {
    "ibm866": "cp866",
    "iso-8859-8-i": "iso8859-8",
    "macintosh": "mac_roman",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc-jp": "euc_jis_2004",
    "iso-2022-jp": "iso2022_jp_ext",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}
_USER_DEFINED = {byte: 0xF700 + byte for byte in range(0x80, 0x100)}


def decode(body: bytes, charset: str) -> str:
    """`body` read as `charset`, a name that `find_charset` returns. Bytes that cannot be decoded become U+FFFD."""
    if charset == "replacement":
        return "\ufffd" if body else ""
    if charset == "x-user-defined":
        return body.decode("latin-1").translate(_USER_DEFINED)
    return body.decode(_CODECS.get(charset, charset), "replace")
