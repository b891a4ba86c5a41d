"""The declarations of a `style` attribute, split as CSS Syntax Level 3 has it: comments, strings, brackets, escapes."""

import re

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?(?:\*/|\Z))
    | "(?:[^"\\\n]|\\.)*+(?:"|\n|\Z)
    | '(?:[^'\\\n]|\\.)*+(?:'|\n|\Z)
    | \\(?:.|\Z)
    | (?P<open>[({\[])
    | (?P<close>[)}\]])
    | (?P<end>;)
    | [^;"'\\(){}\[\]/]+
    | /""",
    re.DOTALL | re.VERBOSE,
)
_CLOSING = {"(": ")", "{": "}", "[": "]"}
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})[ \t\n\r\f]?|(.))", re.IGNORECASE | re.DOTALL)
_IMPORTANT = re.compile(r"\s*!\s*important\Z")


def parse_declarations(style: str) -> list[tuple[str, str]]:
    """Pairs of a property's name and its value, lower-cased, in the order in which they apply: `!important` last."""
    normal, important = list[tuple[str, str]](), list[tuple[str, str]]()
    for declaration in _split(style):
        name, _, value = (_unescape(part).strip().lower() for part in declaration.partition(":"))
        bare = _IMPORTANT.sub("", value)
        (normal if bare == value else important).append((name, bare))
    return normal + important


def _split(style: str) -> list[str]:
    """The text between semicolons that stand outside of strings, comments and brackets."""
    declarations, parts, brackets = list[str](), list[str](), list[str]()
    for token in _TOKEN.finditer(style):
        if token["open"]:
            brackets.append(_CLOSING[token["open"]])
        elif brackets and token[0] == brackets[-1]:
            brackets.pop()
        if token["end"] and not brackets:
            declarations.append("".join(parts))
            parts.clear()
        elif not token["comment"]:
            parts.append(token[0])
    return [*declarations, "".join(parts)]


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_unescaped_character, text) if "\\" in text else text


def _unescaped_character(match: re.Match[str]) -> str:
    # An escaped blank or sign is part of a name and matches no keyword, so it must not turn into a real one.
    character = chr(min(int(match[1], 16), 0x10FFFF)) if match[1] else match[2]
    return character if character.isalnum() or character == "-" else "\ufffd"
