"""Whom a pronoun, a word for a group or nothing at all means beside a quote: coreference, by what was read before."""

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple

from page_read.quote_attribution import Attribution, Attributions, is_owner
from page_read.quote_passages import Passage, is_running_text
from page_read.quote_speakers import Speakers, eastern_person
from page_read.quote_text import ends_sentence
from page_read.quote_words import QuoteWords

REACH: Final = 2  # passages, or paragraphs for a pronoun, after which a speaker is forgotten
MOST_BETWEEN: Final = 8  # passages
_SUBORDINATE: Final = re.compile(r"(?:When|After|As|Before|While|Although|Because|Since)\b")
_WORD: Final = re.compile(r"[^\W\d_]+")
_PARAGRAPH: Final = 60  # characters; captions, credits and advertisements are shorter
_BEFORE_SENTENCE: Final = " \n,;–—-"
_SUBJECT_BEFORE: Final = 45  # characters of a sentence
_SENTENCES_BACK: Final = 12
_SENTENCES_BACK_TO_GROUP: Final = 4
_AFTER_ARTICLE: Final = 6  # characters
_MOST_NAMES: Final = 30  # of a sentence
_SPEAKERS_KEPT: Final = 4  # of those who spoke last


@dataclass(frozen=True, slots=True)
class MainSpeaker:
    """Who says nearly everything on a page, from its passage `first` to `last`."""

    name: str
    first: int
    last: int


class _Sentence(NamedTuple):
    """A sentence that was read: its passage, and its text without the quotes."""

    passage: int
    text: str
    holds_speech: bool


class Coreference:
    """What was read of a page so far, and who spoke in it. `main` is who says nearly everything, if that is known."""

    def __init__(
        self,
        passages: list[Passage],
        words: QuoteWords,
        speakers: Speakers,
        attributions: Attributions,
        main: MainSpeaker | None = None,
    ) -> None:
        self._passages = passages
        self._words = words
        self._speakers = speakers
        self._attributions = attributions
        self._main = main
        self._paragraphs = list(accumulate(map(_is_paragraph, passages), initial=0))  # before each passage
        self._spoken: list[tuple[str, int]] = []  # who spoke, and in which passage, the last at the end
        self._group_spoke: str | None = None  # the last of these that is a group
        self._sentences_read: list[_Sentence] = []
        self._read_when_spoken = 0

    @property
    def somebody_spoke(self) -> bool:
        """Whether anybody has spoken so far."""
        return bool(self._spoken)

    def read(self, passage: int, text: str, *, holds_speech: bool) -> None:
        """Keep in mind a sentence, without the quotes in it."""
        self._sentences_read.append(_Sentence(passage, text, holds_speech))

    def speak(self, author: str, passage: int) -> None:
        """Keep in mind who spoke."""
        self._spoken = [*self._spoken[1 - _SPEAKERS_KEPT :], (author, passage)]
        if self._speakers.is_group(author):
            self._group_spoke = author
        self._read_when_spoken = len(self._sentences_read)

    def meant(self, attribution: Attribution, number: int, before: str) -> str | None:
        """Who is meant by an attribution without a name in the passage `number`; `before` the quote in its sentence."""
        author = self._group(number, attribution.group) if attribution.group else None
        if author is None and attribution.known and (attribution.group is None or attribution.pronoun):
            pronoun = attribution.pronoun
            author = (
                self._subject_of(before, pronoun)
                or self._spoken_for(number, pronoun)
                or self._recent(number, pronoun)
                or self._mention(number, pronoun)[0]
            )
        return author

    def who_goes_on(self, number: int, before: str) -> str | None:
        """Who speaks where nothing is said of it."""
        recent = self._recent(number)
        return (self._subject_of(before) or recent) if recent else None

    def apart(self, earlier: int, number: int, *, by_pronoun: bool = True) -> int:
        """How many passages further one is; for a pronoun, what is too short for a paragraph does not count."""
        if not by_pronoun or number - earlier > MOST_BETWEEN:
            return number - earlier
        return self._paragraphs[number] - self._paragraphs[earlier]

    def _group(self, number: int, called: str) -> str | None:
        """Which group is meant by `the union`, or by `a spokeswoman`: the one of that name, or the last that spoke."""
        named = self._speakers.group(called)
        if named:
            return named
        for read in self._sentences_read[: -1 - _SENTENCES_BACK_TO_GROUP : -1]:
            named = self._group_in(read.text) if number - read.passage <= REACH else None
            if named:
                return self._speakers.fullest(named)
        return self._group_spoke

    def _spoken_for(self, number: int, pronoun: str | None) -> str | None:
        """For which group somebody speaks who is not named, in the last sentence: `she` means the spokeswoman."""
        read = self._sentences_read[-1] if self._sentences_read else None
        if read is None or pronoun not in self._words.he | self._words.she or self.apart(read.passage, number) > 1:
            return None
        called = self._words.bodies & self._words.roles & set(_WORD.findall(read.text.lower()))
        persons = self._speakers.likeliest(self._speakers.names_in(read.text))
        return self._group(number, next(iter(called))) if called and not persons else None

    def _group_in(self, sentence: str) -> str | None:
        """The group that a sentence names, or that is its subject."""
        groups = [name.text for name in self._speakers.names_in(sentence) if self._speakers.is_group(name.text)]
        names = self._attributions.speakers_in(sentence)
        speaks_for = self._words.bodies.intersection(sentence.split())
        is_subject = bool(names) and (speaks_for or names[0].start < _AFTER_ARTICLE)
        if not groups and is_subject and not self._speakers.is_person(names[0].text):
            return names[0].text
        return groups[0] if groups else None

    def _subject_of(self, before: str, pronoun: str | None = None) -> str | None:
        """The person with whose name the sentence of a quote begins; for a pronoun behind it, the likeliest in it."""
        if self._words.is_eastern:
            return None
        own = re.search(rf"\b{pronoun}\b", before.lower()) if pronoun else None
        if pronoun and (own is None or _SUBORDINATE.match(before)):
            names = self._attributions.subjects_in(before[: own.start()] if own else before)
            names = [name for name in names if self._speakers.may_mean(pronoun, name.text)]
            names = [name for name in names if not is_owner(name, before)] if own else self._speakers.likeliest(names)
        else:
            names = [name for name in self._speakers.names_in(before)[:1] if name.start <= 1]
        persons = [name.text for name in names if self._speakers.is_person(name.text)]
        meant = next((person for person in persons if self._speakers.may_mean(pronoun, person)), None)
        return self._speakers.fullest(meant) if meant else None

    def _recent(self, number: int, pronoun: str | None = None) -> str | None:
        """Who is speaking, as far as the last sentences tell."""
        mention, place, is_subject = self._mention(number, pronoun)
        read = self._sentences_read[place] if place >= 0 else _Sentence(0, "", holds_speech=False)
        is_newer = (
            not read.holds_speech
            and place >= self._read_when_spoken
            and self.apart(read.passage, number, by_pronoun=pronoun is not None) <= 1
        )
        if mention and is_newer and (is_subject or not self._spoken or read.passage > self._spoken[-1][1]):
            return mention
        recent = [
            author
            for author, spoke_in in reversed(self._spoken)
            if self.apart(spoke_in, number, by_pronoun=pronoun is not None) <= REACH
        ]
        if self._main and self._main.first <= number <= self._main.last:
            recent.append(self._main.name)
        return next((author for author in recent if self._speakers.may_mean(pronoun, author)), None)

    def _mention(self, number: int, pronoun: str | None = None) -> tuple[str | None, int, bool]:
        """Who was named last, in which sentence, and whether where its subject stands."""
        if self._words.is_eastern:
            return self._eastern_mention(number)
        fallback: tuple[str | None, int, bool] = None, -1, False
        for place in range(len(self._sentences_read) - 1, max(-1, len(self._sentences_read) - 1 - _SENTENCES_BACK), -1):
            read = self._sentences_read[place]
            if self.apart(read.passage, number, by_pronoun=pronoun is not None) > REACH:
                break
            is_caption = read.passage != number and self._is_caption(read)
            if is_caption or self._is_about_known_person(read.text):
                continue
            subject = self._attributions.subject_beside_verb(read.text)
            if subject and self._speakers.may_speak(subject) and self._speakers.may_mean(pronoun, subject):
                return self._speakers.fullest(subject), place, True
            names = self._speakers.names_in(read.text)[:_MOST_NAMES]
            persons = self._speakers.likeliest([name for name in names if self._speakers.may_mean(pronoun, name.text)])
            speakers = self._attributions.subjects_in(read.text)[:_MOST_NAMES]
            for name in persons:
                may_speak = name in speakers or (pronoun and self._speakers.has_first_name(name.text))
                if may_speak and not self._belongs_to_noun(read.text, name.start):
                    return self._speakers.fullest(name.text), place, name.start < _SUBJECT_BEFORE
            if persons and not fallback[0]:
                fallback = self._speakers.fullest(persons[0].text), place, persons[0].start < _SUBJECT_BEFORE
        return fallback

    def _is_caption(self, read: _Sentence) -> bool:
        """Whether a sentence is what stands below a picture, or who took it: a line without an end."""
        passage = self._passages[read.passage]
        is_ended = ends_sentence(passage.text) or passage.text.endswith((":", "："))
        is_line = len(passage.text) < _PARAGRAPH and not (read.holds_speech or is_ended)
        return is_line or passage.place.tag == "figcaption"

    def _eastern_mention(self, number: int) -> tuple[str | None, int, bool]:
        last = len(self._sentences_read) - 1
        if last < 0 or number - self._sentences_read[last].passage > 1:
            return None, -1, False
        return eastern_person(self._sentences_read[last].text), last, True

    def _belongs_to_noun(self, sentence: str, start: int) -> bool:
        """Whether a particle comes before a name: `la députée des Landes`."""
        return sentence[max(0, start - 8) : start].rstrip().rpartition(" ")[2].lower() in self._words.particles

    def _is_about_known_person(self, sentence: str) -> bool:
        """Whether the subject of a sentence is a pronoun, so that its names are those of others."""
        first, _, rest = sentence.lstrip(_BEFORE_SENTENCE).partition(" ")
        is_led_over = rest.partition(" ")[0] in self._words.he | self._words.she  # `Once, she thought of it`
        return first.lower() in self._words.pronouns or (is_led_over and not self._speakers.names_in(first.strip(",")))


def _is_paragraph(passage: Passage) -> bool:
    return len(passage.text) >= _PARAGRAPH and is_running_text(passage)
