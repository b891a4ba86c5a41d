"""Names of speakers in running text, and the fullest form of a name on the page."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

from page_read.quote_words import (
    CAPITALS,
    LONGEST_NAME,
    QuoteWords,
    first_names,
    is_first_name,
    mens_names,
    womens_names,
)

_TOKEN: Final = re.compile(r"[^\W\d_](?:[\w’'.·-]*\w)?|[^\W\d_]\.")
_WORD: Final = re.compile(r"\w+")
_POSSESSIVE: Final = re.compile(r"['’]s?$")
_APOSTROPHE: Final = re.compile("['’]")
_APPOSITION: Final = re.compile(r", (?:an?|who|whose|eine?|der|die|deren|dessen|qui|une?|una|uma?|que) ")
_AGE: Final = re.compile(r", \d\d,| \(\d\d\)")
_ENDING: Final = frozenset(".!?:;")
_LONG_GENITIVES: Final = ("ses", "ßes", "zes", "tes", "des")
_DATE: Final = re.compile(r"\.?\s\d")  # what follows the name of a month
_ENOUGH: Final = 2  # points for a person
_SAINT: Final = frozenset("st saint san santa santo são".split())  # churches and places are called so, too
_STREETS: Final = frozenset("street avenue road lane square bridge".split())
_OFFICE_WITHIN: Final = 40  # characters of a name
_INITIALS: Final = 3  # letters; fewer are initials
_CAPITAL_NOUNS: Final = frozenset({"de", "da", "no", "sv"})  # nouns begin with one, or bear their article behind
_NUMERAL: Final = re.compile("[IVXLC]{2,}")  # Roman, as `XIV`
_ARTICLE: Final = re.compile(r"(?<!\w)(?:d(?:er|ie|as|em|en|es)|(?:k?ein|dies|jed)(?:e[mnrs]?)?)\s\Z", re.IGNORECASE)
_CAPITALISED: Final = re.compile(rf"[{CAPITALS}]\w*")
_LONGEST_TEXT: Final = 300_000  # characters in which names are learnt
_MOST_NAMES: Final = 1_000  # that are looked up
_MOST_LOOKED_AT: Final = 30  # places of a name
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?:…–—]\s+|\n)[“”\"„«»‘(]*\Z")
_EASTERN_SUBJECT: Final = re.compile(
    r"([一-鿿々ァ-ヶー・A-Za-z·]{2,12}?)(?:氏|さん|首相|大臣|社長|教授|監督|選手|議員|知事|会長|代表|大統領|先生)?(?:[（(][^（）()]{1,12}[）)])?(?:は|が|も)[^。「」]{0,40}\Z"
)
_EASTERN_PERSON: Final = re.compile(
    r"([一-鿿々ァ-ヶー・]{2,12}?)(?:さん|氏|教授|監督|選手|会長|社長|先生)(?:[（(][^（）()]{1,12}[）)])?[はがも]"
)
_EASTERN_OFFICE: Final = re.compile(
    "(?:当局者|関係者|広報|担当者|記者|首相|大臣|報道官|発言人|发言人|负责人|記者|记者|村民|専門家|专家|男性|女性|業界|省|庁)\\Z"
)
_KATAKANA_NAME: Final = re.compile("[ァ-ヶー]+(?:・[ァ-ヶー]+)+")
_LONGEST_HAN: Final = 4  # characters
_HAN_RUN: Final = re.compile("[一-鿿·]{2,12}\\Z")
# The commonest family names, by population registers. A Chinese name begins with one and has two or three characters.
_SURNAMES: Final = frozenset(
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖田董袁潘于蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范金石廖贾賈夏韦韋付方白邹鄒孟熊秦邱江尹薛闫阎段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯习"
)
_NOT_IN_GIVEN_NAMES: Final = frozenset("的了在是和与對对说說他她它们們这這那为為也都就还還以")


class Name(NamedTuple):
    """A name in a text, from `start` to `end`; `text` is without office and title."""

    start: int
    end: int
    text: str
    titled: bool = False


class Speakers:
    """The names of a page, as far as they stand in `texts`."""

    def __init__(self, texts: list[str], words: QuoteWords) -> None:
        self._words = words
        self._no_name = words.common | words.particles | {word.strip().lower() for word in words.according_before}
        self._text = "\n".join(texts)[:_LONGEST_TEXT]
        self._written = frozenset(_WORD.findall(self._text))
        # Longer names by their first and last words, in the order in which they are first named.
        self._forms: dict[str, dict[str, None]] = defaultdict(dict)
        self._titled: set[str] = set()
        self._holders: dict[str, set[str]] = defaultdict(set)  # of an office, in lower case
        self._pronouns: dict[str, set[str]] = defaultdict(set)  # by name in lower case: `he` for `Mr. Ray`
        self._evidence: dict[str, tuple[int, bool]] = {}
        self._saying: dict[str, bool] = {}
        self._singles: dict[str, str] = {}
        self._roles: dict[str, bool] = {}
        self._persons: dict[str, bool] = {}
        self._names: dict[str, list[Name]] = {}
        for found in self._words.names.finditer(self._text):
            if " " in found[0] or "\u00a0" in found[0]:
                self._learn(found)

    def _learn(self, found: re.Match[str]) -> None:
        names: list[Name] = []
        self._split_run(names, found, self._text)
        for name in names:
            if name.titled:
                self._titled.add(name.text)
            self._learn_offices(name)
            parts = name.text.split(" ")
            if 1 < len(parts) <= LONGEST_NAME - 1:
                self._forms[parts[-1].lower()][name.text] = None
                self._forms[parts[0].lower()][name.text] = None

    def _learn_offices(self, name: Name) -> None:
        """Note the offices before a name and, after a comma, behind it: `Ann Lee, the mayor of Ely`."""
        before = self._text[max(0, name.start - _OFFICE_WITHIN) : name.start].split()[-1:]
        is_explained = self._text[name.end : name.end + 2] == ", "
        behind = self._text[name.end + 2 : name.end + 2 + _OFFICE_WITHIN].split(",")[0].split() if is_explained else []
        for word in [*before, *behind]:
            office = word.strip(".,;:()").lower()
            if self._is_role(office) and office not in _SAINT:
                self._titled.add(name.text)
                self._holders[office].add(name.text)
                if pronoun := self._words.pronoun_of(office):
                    self._pronouns[name.text.lower()].add(pronoun)

    def is_group(self, name: str) -> bool:
        """Whether a name holds a word that groups, firms, offices and places are called by."""
        first, *others = name.split(" ")
        is_street = bool(others) and first.lower() in _STREETS  # `Lane Nelson` is none
        return any(map(self._words.is_group, others if is_street else [first, *others]))

    def may_speak(self, name: str) -> bool:
        """Whether a name is that of a person or a group, and not of a place or a work."""
        return self.is_person(name) or self.is_group(name)

    def group(self, called: str) -> str | None:
        """The only group of the page whose name begins or ends with the word that it is called by: `the union`."""
        groups = [name for name in self._forms.get(called.lower(), ()) if self.is_group(name)]
        return groups[0] if len(groups) == 1 else None

    def holder(self, office: str) -> str | None:
        """The only person of whom the page says that they have this office."""
        holders = self._holders.get(office, set())
        return next(iter(holders)) if len(holders) == 1 else None

    def _seen(self, name: str) -> tuple[int, bool]:
        """What speaks for a person, and whether `name` stands inside a sentence."""
        known = self._evidence.get(name)
        if known is None:
            text, points, inside = self._text, 2 * (name in self._titled), False
            for start in islice(self._places_of(name), _MOST_LOOKED_AT) if len(self._evidence) < _MOST_NAMES else ():
                end = start + len(name)
                if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
                    is_described = _AGE.match(text, end) or (" " in name and self._has_apposition(text, end))
                    points += 2 * bool(is_described or self._is_beside_verb(text, start, end))
                    inside = inside or (text[start - 1 : start] == " " and text[start - 2 : start - 1] not in ".!?:…–—")
            known = self._evidence[name] = min(points, 4), inside
        return known

    def _places_of(self, name: str) -> Iterator[int]:
        """Where `name` begins. Most are single words, for each of which a search of the whole text would take long."""
        if name.isalnum() and name[0] in CAPITALS:
            yield from self._places.get(name, ())
            return
        start = self._text.find(name)
        while start >= 0:
            yield start
            start = self._text.find(name, start + len(name))

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where each word with a capital stands, and what follows a capital inside of others."""
        places: defaultdict[str, list[int]] = defaultdict(list)
        for found in _CAPITALISED.finditer(self._text):
            places[found[0]].append(found.start())
        return places

    def _is_beside_verb(self, text: str, start: int, end: int) -> bool:
        following = text[end : end + 26]
        if is_first_name(text[start:end]):
            following = following.removeprefix(",")  # `Another pupil, Ann, said`
        if following[:1].isspace() and self._is_saying(following[1:25].partition(" ")[0]):
            return True
        before = text[max(0, start - 24) : start]
        if before[-1:].isspace() and before[-2:-1] not in _ENDING and self._is_saying(before[:-1].rpartition(" ")[2]):
            return True
        # In German, `laut` comes before any noun.
        return self._words.language != "de" and text.endswith(self._words.according_before, max(0, start - 40), start)

    def _has_apposition(self, text: str, end: int) -> bool:
        """Whether a name that ends there is explained: `Ann Lee, who …`, `Ann Lee, director of …`."""
        if _APPOSITION.match(text, end):
            return True
        following = text[end + 2 : end + 24].partition(" ")[0].lower() if text[end : end + 2] == ", " else ""
        return following in self._words.particles or (following != "" and self._is_role(following))

    def _is_saying(self, word: str) -> bool:
        known = self._saying.get(word)
        if known is None:
            known = self._words.saying.fullmatch(word.strip(',.:;"“”„»«')) is not None
            self._saying[word] = known
        return known

    def names_in(self, text: str) -> list[Name]:
        """The names in `text`, in order. A single word counts as a name if nothing speaks against it."""
        known = self._names.get(text)
        if known is None:
            known = [name for name in self._runs(text) if " " in name.text or self._is_single_name(name)]
            self._names[text] = known
        return known

    def fullest(self, name: str) -> str:
        """The fullest form of `name` on the page."""
        if " " in name:
            return name
        word = name.lower()
        forms = self._forms.get(word)
        if not forms:
            return name
        ending = [form for form in forms if form.lower().endswith(" " + word)] or list(forms)
        pronouns = self._pronouns.get(word, set())
        if len(pronouns) == 1:  # `Mr. Ray` is not Ann Ray
            (pronoun,) = pronouns
            ending = [form for form in ending if self._may_be(pronoun, form)]
            if not ending:
                return name
        return max(ending, key=self.is_person)  # of a family, who was named first

    def likeliest(self, names: list[Name]) -> list[Name]:
        """Those of `names` that are persons; if there are any with a title or a first name, only these."""
        persons = [name for name in names if self.is_person(name.text)]
        known = [name for name in persons if name.titled or self.has_first_name(name.text)]
        return known or [name for name in persons if " " in name.text] or persons

    @staticmethod
    def has_first_name(name: str) -> bool:
        """Whether a name of several words begins with a common first name."""
        return " " in name and is_first_name(name.partition(" ")[0])

    def may_mean(self, pronoun: str | None, name: str) -> bool:
        """Whether a pronoun may mean `name`: no man is `she`, no woman `he`, and no group either."""
        if pronoun not in self._words.she | self._words.he:
            return True
        full = self.fullest(name)
        return not self.is_group(name) and self._may_be(pronoun, full)

    def _may_be(self, pronoun: str, full: str) -> bool:
        """Whether somebody with this first name, or else with this title on the page, may be called so."""
        name, shes = full.lower(), self._words.she
        first = name.partition(" ")[0].partition("-")[0]
        if first in mens_names() or first in womens_names():
            return (first in womens_names()) == (pronoun in shes)
        titles = self._pronouns.get(name) or self._pronouns.get(name.rpartition(" ")[2], set())
        return len(titles) != 1 or titles.issubset(shes) == (pronoun in shes)

    def is_person(self, name: str) -> bool:
        """Whether more speaks for a person than for a place, a firm or a work."""
        known = self._persons.get(name)
        if known is None:
            known = self._persons[name] = self._weigh(name) >= _ENOUGH and not (name.isupper() and len(name) > 1)
        return known

    def _weigh(self, name: str) -> int:
        parts = name.split(" ")
        if self.is_group(name):
            return 0
        points, _ = self._seen(name)
        if len(parts) == 1:
            forms = self._forms.get(name.lower())
            return points + (2 if forms and any(self._weigh(form) >= _ENOUGH for form in list(forms)[:5]) else 0)
        points += 2 * self.has_first_name(name)
        if len(parts) < LONGEST_NAME - 1:
            alone, inside = self._seen(parts[-1])
            points += 2 if alone else inside
        return points

    def _is_single_name(self, name: Name) -> bool:
        word = name.text
        points, is_inside = self._seen(word)
        is_participle = self._words.language == "en" and word.endswith("ing") and not is_inside  # `Filming began`
        if word.lower() in self._forms or (points and not is_participle):
            return True
        if self._words.language == "de" or word.lower() in self._written:  # in German every noun begins with a capital
            return False
        return is_inside and len(word) > 1

    def _runs(self, text: str) -> list[Name]:
        names: list[Name] = []
        for found in self._words.names.finditer(text):
            if " " not in found[0] and "\u00a0" not in found[0]:
                self._add_single(names, found, text)
                continue
            self._split_run(names, found, text)
        return names

    def _split_run(self, names: list[Name], found: re.Match[str], text: str) -> None:
        run: list[re.Match[str]] = []
        for token in _TOKEN.finditer(text, found.start(), found.end()):
            if run and not self._is_joined(text[run[-1].end() : token.start()], run[-1][0]):
                self._add(names, run, text)
                run = []
            run.append(token)
        self._add(names, run, text)

    def _add_single(self, names: list[Name], found: re.Match[str], text: str) -> None:
        word = self._singles.get(found[0])
        if word is None:
            word = self._singles[found[0]] = self._single(found[0])
        start, end = found.span()
        if not word or (text[end : end + 1] in {" ", "."} and _DATE.match(text, end)):
            return
        lower = word.lower()
        if self._words.language == "de" and _ARTICLE.search(text, max(0, start - 6), start):
            return  # any noun
        starts = start <= 1 or text[start - 2] in ".!?:…–—" or text[start - 1] in '\n“”"„«»‘('
        if starts and lower in self._written and lower not in self._forms:
            return
        names.append(Name(start, start + len(word), word))

    def _single(self, word: str) -> str:
        """A word with a capital as it may be a name by itself; empty if it cannot be one."""
        word = _bare(word.rstrip("-·.’'"))
        lower = word.lower()
        is_common = lower in self._words.common or _APOSTROPHE.split(lower)[0] in self._words.common
        is_called = self._words.language in _CAPITAL_NOUNS and self._words.is_group(lower)
        is_no_name = len(word) == 1 or is_common or is_called or self._is_role(lower) or _NUMERAL.fullmatch(word)
        return "" if is_no_name else word

    def _is_role(self, word: str) -> bool:
        known = self._roles.get(word)
        if known is None:
            known = self._roles[word] = self._words.is_role(word)
        return known

    def _is_joined(self, between: str, before: str) -> bool:
        return between in {" ", "\u00a0"} or (between == ". " and (len(before) == 1 or self._is_role(before.lower())))

    def _add(self, names: list[Name], run: list[re.Match[str]], text: str) -> None:
        run, titled = self._without_office(run, text)
        cut = self._cut(run)
        if cut:
            self._add(names, run[: cut[0]], text)
            self._add(names, run[cut[1] :], text)
            return
        if run and len(run) <= LONGEST_NAME and not (len(run) == 1 and _DATE.match(text, run[0].end())):
            parts = [_bare(token[0]) for token in run]
            if self._words.language == "de" and text.endswith("des ", 0, run[0].start()):
                parts[0] = _nominative(parts[0])
            name = " ".join(parts)
            if len(name) > 1 and name[0].isupper() and not (len(run) == 1 and _NUMERAL.fullmatch(name)):
                names.append(Name(run[0].start(), run[-1].end(), name, titled))

    def _cut(self, run: list[re.Match[str]]) -> tuple[int, int] | None:
        """Where the first name in a run ends, and where the next one begins; None if there is only one."""
        for index in range(1, len(run)):
            before, word = run[index - 1][0], run[index][0]
            if before != _bare(before):  # `NASA's Ann Lee`
                return index, index
            is_after_particle = index > 1 and before[0].islower()
            if is_after_particle and self._words.is_group(word) and is_first_name(run[0][0]):
                return index - 1, index
            is_particle = index > 1 and word[0].islower()  # `Ann Lee of North Bay University`
            if is_particle and (len(run) > LONGEST_NAME or (word == "of" and run[0][0].lower() in first_names())):
                return index, index + 1
            # In German, `der` stands in a name only after `von`.
            if self._words.language == "de" and word in {"der", "den"} and before not in {"von", "van"}:
                return index, index + 1
        return None

    def _without_office(self, run: list[re.Match[str]], text: str) -> tuple[list[re.Match[str]], bool]:
        """`run` without what is no part of a name, and whether an office stood before it."""
        no_name = self._no_name
        titled = False
        while run:
            first = run[0][0].lower()
            is_role = self._is_role(first)
            is_no_name = first in no_name and not self._is_first_name(run, text)
            if not (is_role or is_no_name or self._starts_a_sentence(run, text) or self._says(run, text)):
                break
            is_title = is_role and len(run) > 1 and first not in _SAINT
            titled = (titled or is_title) and first != "of"  # `Head of Research`
            run = run[1:]
        if len(run) > 1 and _DATE.match(text, run[-1].end()):
            run = run[:-1]
        run = self._from_person(run)
        while run and run[-1][0].lower() in no_name:
            run = run[:-1]
        return run, titled

    def _from_person(self, run: list[re.Match[str]]) -> list[re.Match[str]]:
        """`run` without an office and what belongs to it: `White House Press Secretary Ann Lee` is Ann Lee."""
        for index in range(len(run) - 2, -1, -1):
            if self._is_role(run[index][0].lower()):
                return run[index + 1 :]
        for index in range(1, len(run) - 1):
            before = run[index - 1][0]
            if run[index][0].lower() in first_names() and not self._may_be_first(before):
                return run[index:] if index > 1 or before.isupper() or self._seen(before)[1] else run
        return run

    def _may_be_first(self, word: str) -> bool:
        return word.lower() in first_names() or len(word) < _INITIALS or word.lower() in self._words.particles

    def _is_first_name(self, run: list[re.Match[str]], text: str) -> bool:
        """Whether the first word is a name although it is a common word, too: inside a sentence, `Will` is one."""
        start = run[0].start()
        is_inside = _SENTENCE_START.search(text, max(0, start - 4), start) is None
        return is_inside and len(run) > 1 and run[0][0].lower() in first_names()

    def _says(self, run: list[re.Match[str]], text: str) -> bool:
        """Whether a sentence begins with its verb of saying: `Replied Ann Lee: “…”`."""
        start = run[0].start()
        is_first = len(run) > 1 and _SENTENCE_START.search(text, max(0, start - 4), start) is not None
        return is_first and self._is_saying(run[0][0]) and not is_first_name(run[0][0])

    def _starts_a_sentence(self, run: list[re.Match[str]], text: str) -> bool:
        """Whether the first word has a capital only because a sentence begins there."""
        start = run[0].start()
        return run[0][0].lower() in self._written and _SENTENCE_START.search(text, max(0, start - 4), start) is not None


def _bare(name: str) -> str:
    return _POSSESSIVE.sub("", name) if "’" in name or "'" in name else name


def _nominative(genitive: str) -> str:
    """A German noun as it stands without `des` before it: of `Landkreises` and `Ministeriums`."""
    return genitive[: -2 if genitive.endswith(_LONG_GENITIVES) else -1] if genitive.endswith("s") else genitive


def eastern_subject(before: str, verb_at: int | None) -> str | None:
    """Who says it in Chinese or Japanese: what stands before the verb, or before the particle of the subject."""
    if verb_at is None:
        found = _EASTERN_SUBJECT.search(before)
        name = found[1] if found else None
        return name if name and not _EASTERN_OFFICE.search(name) else None
    run = _HAN_RUN.search(before, max(0, verb_at - 12), verb_at)
    if run is None:
        return None
    text = run[0]
    for length in (3, 2, 4):
        name = text[-length:]
        if len(name) == length and name[0] in _SURNAMES and not _NOT_IN_GIVEN_NAMES.intersection(name):
            return name
    return None


def eastern_person(sentence: str) -> str | None:
    """The person whom a Japanese sentence is about: the last name with a title that a particle makes its subject."""
    found = _EASTERN_PERSON.findall(sentence)
    return found[-1] if found else None


def is_eastern_name(text: str) -> bool:
    """Whether `text` is a name in Chinese or Japanese: with a known family name, of a sage, or of a foreigner."""
    is_han = _HAN_RUN.fullmatch(text) is not None
    is_family = text[:1] in _SURNAMES and len(text) <= _LONGEST_HAN
    return (is_han and (is_family or text.endswith("子") or "·" in text)) or _KATAKANA_NAME.fullmatch(text) is not None
