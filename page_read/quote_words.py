"""The words by which speech and collections of quotes are known, by language: what `quote_words.toml` holds."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

CAPITALS: Final = "".join([chr(point) for point in range(0x41, 0x530) if chr(point).isupper()])
LONGEST_NAME: Final = 6  # words

_NEVER: Final = re.compile(r"(?!)")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_KANA: Final = re.compile("[\u3040-\u30ff]")
_HAN: Final = re.compile("[\u3400-\u9fff]")
_SAMPLE: Final = 1_000  # characters that are looked at to identify the language
_PREPOSITION: Final = 4  # characters
_LONGEST_HEADING: Final = 200  # characters that are looked at
_SHORTEST_ROLE: Final = 4  # letters of a word that only its ending makes a role
_IN_DOUBT: Final = 4  # words more are no proof that a page declares a wrong language


@dataclass(frozen=True, kw_only=True)
class QuoteWords:
    """The words of one language. The patterns match whole words, whatever their case."""

    language: str
    saying: re.Pattern[str]
    interruption: re.Pattern[str]  # of a quote, inside its marks, by who says it: `A, dit-il. B`
    according: re.Pattern[str]
    according_before: tuple[str, ...]  # with a blank; without short words, which come before any noun
    pronouns: frozenset[str]
    he: frozenset[str]
    she: frozenset[str]
    it: frozenset[str]
    roles: frozenset[str]
    role_endings: tuple[str, ...]
    men: frozenset[str]
    women: frozenset[str]
    women_endings: tuple[str, ...]
    addressing: frozenset[str]
    bodies: frozenset[str]
    groups: frozenset[str]
    group_endings: tuple[str, ...]
    places: frozenset[str]
    prepositions: frozenset[str]
    indefinite: frozenset[str]
    particles: frozenset[str]
    names: re.Pattern[str]  # a word with a capital, and those that follow it, with particles between them
    common: frozenset[str]
    works: frozenset[str]

    @property
    def is_eastern(self) -> bool:
        """Whether it is Japanese or Chinese."""
        return self.language in {"ja", "zh"}

    def is_role(self, word: str) -> bool:
        """Whether a word before a name is an office or a title."""
        word = word.lower().rstrip(".")
        ends_so = len(word) > _SHORTEST_ROLE and word.endswith(self.role_endings)
        return word in self.roles or (ends_so and word not in first_names())

    def pronoun_of(self, role: str) -> str | None:
        """What somebody with this office or title is called, `he` or `she`; None if it may be either."""
        role = role.lower().rstrip(".")
        if role in self.men:
            return next(iter(self.he), None)
        is_womans = role in self.women or role.endswith(self.women_endings)
        return next(iter(self.she), None) if is_womans and self.is_role(role) else None

    def is_group(self, word: str) -> bool:
        """Whether a word is what groups, firms, offices or places are called."""
        word = word.lower()
        return word in self.groups or word.endswith(self.group_endings)


def words_of(text: str, declared: str | None) -> QuoteWords:
    """The words of the language of `text`, which its frequent words identify; in doubt, of the declared one."""
    sample = text[:_SAMPLE]
    kana = len(_KANA.findall(sample))
    if len(_HAN.findall(sample)) + 2 * kana > len(sample) / 8:
        return _read("ja" if kana > len(sample) / 50 else "zh")
    wanted = (declared or "").lower().replace("_", "-").partition("-")[0]
    wanted = {"nb": "no", "nn": "no"}.get(wanted, wanted)
    scores = Counter({wanted: 0} if wanted in _common() else {})
    languages = _languages()
    scores.update([language for word in _LETTERS.findall(sample.lower()) for language in languages.get(word, ())])
    best, most = max(scores.items(), key=lambda score: score[1], default=("en", 0))
    if wanted in scores and most <= 2 * scores[wanted] + _IN_DOUBT:
        return _read(wanted)
    return _read(best)


def load_words() -> None:
    """Reads and compiles what is otherwise read and compiled at the first page of each language."""
    for language in _common():
        _read(language)
    for load in (_languages, _collections, _unlike, wrongly_ascribed, about_somebody, name_particles, first_names):
        load()


@cache
def _collections() -> re.Pattern[str]:
    """Finds what a collection of quotes is called, in all languages, as pages mix them."""
    tables = [(name, table["quotes"]) for name, table in _tables().items() if name != "names"]
    latin = " ".join([entry for name, entry in tables if name not in {"ja", "zh"}])
    eastern = " ".join([entry for name, entry in tables if name in {"ja", "zh"}])
    return re.compile(rf"(?<![^\W_])(?:{_alternatives(latin.split())})(?![^\W_])|{_alternatives(eastern.split())}")


def find_collection(heading: str) -> re.Match[str] | None:
    """Where a heading or title says, in whatever language, that quotes follow."""
    return _collections().search(heading[:_LONGEST_HEADING].lower())


@lru_cache(maxsize=1_000)
def is_collection(heading: str) -> bool:
    """Whether a heading or title says that quotes follow."""
    return find_collection(heading) is not None


@cache
def _unlike() -> re.Pattern[str]:
    return _of_all_languages("unlike")


def is_unlike_collection(title: str) -> bool:
    """Whether a title is of a page about prices that are called quotes, or about how to quote."""
    return is_collection(title) and _unlike().search(title[:_LONGEST_HEADING]) is not None


@cache
def wrongly_ascribed() -> re.Pattern[str]:
    """Finds what the part of a collection is called that holds what the person never said."""
    return _of_all_languages("wrong")


@cache
def about_somebody() -> re.Pattern[str]:
    """Finds what comes between the name of a collection and somebody whom others speak of in it."""
    return _of_all_languages("about")


@cache
def name_particles() -> frozenset[str]:
    """The small words inside names, of all languages."""
    return frozenset(" ".join([table.get("particles", "") for table in _tables().values()]).split())


@cache
def first_names() -> frozenset[str]:
    """Common first names, in lower case."""
    return mens_names() | womens_names() | frozenset(_tables()["names"]["either"].split())


def is_first_name(word: str) -> bool:
    """Whether a word is a common first name, or two of them, as `Anna-Lea`, begin with one."""
    return word.lower().partition("-")[0] in first_names()


@cache
def mens_names() -> frozenset[str]:
    """Common first names that only men have."""
    return frozenset(_tables()["names"]["men"].split())


@cache
def womens_names() -> frozenset[str]:
    """Common first names that only women have."""
    return frozenset(_tables()["names"]["women"].split())


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("page_read").joinpath("quote_words.toml").read_text(encoding="utf-8"))


@cache
def _common() -> dict[str, frozenset[str]]:
    names = [name for name in _tables() if name != "names"]
    return {name: frozenset(f"{_tables()[name]['common']} {_tables()[name]['pronouns']}".split()) for name in names}


@cache
def _languages() -> dict[str, list[str]]:
    """The languages in which a word is frequent."""
    languages: dict[str, list[str]] = {}
    for language, common in _common().items():
        for word in common:
            languages.setdefault(word, []).append(language)
    return languages


@cache
def _read(language: str) -> QuoteWords:
    table = _tables()[language]
    spaceless = language in {"ja", "zh"}
    roles, groups, women = [table.get(key, "").split() for key in ("roles", "groups", "women")]
    saying = _pattern(table["saying"].split(), spaceless=spaceless)
    return QuoteWords(
        language=language,
        saying=saying,
        interruption=_interruption(language, saying.pattern, roles),
        according=_pattern([entry for entry in table["according"].split("|") if entry], spaceless=spaceless),
        according_before=tuple(
            [
                f"{form} "
                for entry in table["according"].split("|")
                if len(entry) > _PREPOSITION
                for form in (entry, entry[:1].upper() + entry[1:])
            ]
        ),
        pronouns=frozenset(table["pronouns"].split()),
        he=frozenset(table.get("he", "").split()),
        she=frozenset(table.get("she", "").split()),
        it=frozenset(table.get("it", "").split()),
        roles=frozenset(roles),
        role_endings=_endings(roles),
        men=frozenset(table.get("men", "").split()),
        women=frozenset(women),
        women_endings=_endings(women),
        addressing=frozenset(table.get("addressing", "").split()),
        bodies=frozenset(table.get("bodies", "").split()),
        groups=frozenset(groups),
        group_endings=_endings(groups),
        places=frozenset(table.get("places", "").split()),
        prepositions=frozenset(
            f"{table.get('places', '')} {table['particles']} {table.get('prepositions', '')}".split()
        ),
        indefinite=frozenset(table.get("indefinite", "").split()),
        particles=frozenset(table["particles"].split()),
        names=_names(table["particles"].split()),
        common=_common()[language],
        works=frozenset(table.get("works", "").split()),
    )


def _endings(entries: list[str]) -> tuple[str, ...]:
    return tuple([entry[1:] for entry in entries if entry.startswith("*")])


def _interruption(language: str, saying: str, roles: list[str]) -> re.Pattern[str]:
    verb = f"(?:{saying})"
    if language == "fr":
        somebody = r"(?:[A-ZÉ]|(?:une?|l[ae]s?|ce(?:tte)?|s[ao]n?)\s)"
        inverted = rf"{verb}(?:-t)?-(?:ils?|elles?|on)|a-t-(?:il|elle)\s+\w+|{verb}(?=\s{somebody})"
        explained = rf",\s(?:{'|'.join(map(re.escape, roles))})\b[^.«»]{{0,120}}\."  # `, dit Anne Petit, maire de Dax.`
        return re.compile(rf"[,!?]\s+(?:{inverted})[^.,«»]{{0,80}}(?:{explained}|[.,])\s*")
    if language in {"ru", "es", "pt", "it"}:
        dash = r"(?:\s*[–—]|\s+-(?![^\s.,]))"
        return re.compile(rf"[,.!?]?{dash}\s*(?:ha\s)?{verb}[^–—.]{{0,80}}?[.,]?{dash}[.,]?\s*", re.IGNORECASE)
    return _NEVER


def _names(particles: list[str]) -> re.Pattern[str]:
    between = "|".join(sorted(map(re.escape, particles), key=len, reverse=True)) or r"(?!)"
    rest = r"[\w’'.·-]*"
    following = rf"[ \u00a0](?:(?:{between})[ \u00a0]){{0,2}}[{CAPITALS}]{rest}"
    return re.compile(rf"[{CAPITALS}](?<![\w’'-].){rest}(?:{following}){{0,{2 * LONGEST_NAME}}}")


def _of_all_languages(key: str) -> re.Pattern[str]:
    return _pattern([entry for table in _tables().values() for entry in table.get(key, "").split()], spaceless=False)


def _pattern(entries: Iterable[str], *, spaceless: bool) -> re.Pattern[str]:
    alternatives = _alternatives(entries)
    if not alternatives:
        return _NEVER
    return re.compile(alternatives if spaceless else rf"(?<![\w'’])(?:{alternatives})(?!\w)")


def _alternatives(entries: Iterable[str]) -> str:
    """A pattern for any of `entries`, with or without a capital. By first letter, so that most are never compared."""
    by_first: dict[str, list[str]] = {}
    for entry in sorted(set(entries), key=len, reverse=True):
        rest = re.escape(entry[1:]).replace("_", "[ \u00a0]").replace(r"\*", r"[^\W\d_]*").replace("'", "['’]")
        by_first.setdefault(entry[0], []).append(rest)
    return "|".join([f"[{first}{first.upper()}](?:{'|'.join(rest)})" for first, rest in by_first.items()])
