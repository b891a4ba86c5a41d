"""Direct speech in running text, and who speaks."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple

from page_read.quote_attribution import (
    CONJUNCTIONS,
    ENDED,
    LONGEST_LEAD,
    QUOTE,
    QUOTES,
    RELATIVE,
    Attribution,
    Attributions,
    Surroundings,
    is_owner,
)
from page_read.quote_marks import Span, pair_marks
from page_read.quote_passages import OPEN_Q, Passage
from page_read.quote_speakers import Speakers, eastern_person
from page_read.quote_text import count_first_words, is_spaceless, tidy
from page_read.quote_words import QuoteWords

_BOUNDARY: Final = re.compile(  # begins with a set of characters, so that it is tried at these only
    rf"[.!?…。！？{ENDED}\n](?:(?<=[.!?…])[.!?…]*[)\]]*\s+|(?<=[。！？\n])|(?<={ENDED})\s*)"
)
_ABBREVIATION: Final = re.compile(
    r"(?:\b[^\W\d_]|\b(?:Dr|Mr|Mrs|Ms|St|Sr|Sra|Prof|Gen|Gov|Sen|Rep|Lt|Sgt|bzw|ca|Nr|vs|"
    r"Jan|Feb|Aug|Sept?|Oct|Nov|Dec))\.\s\Z"
)
_EXAMPLE: Final = re.compile(
    r"(?:e\.g\.|z\. ?B\.|p\. ?ex\.|such as|for example|zum Beispiel|par exemple|por ejemplo)[ ,:]*\Z"
)
_NEXT_CLAUSE: Final = re.compile(  # `…,” says Ann, and the others nod. “…`
    rf", (?:{'|'.join(sorted(CONJUNCTIONS))}) (?:the|d(?:er|ie|as)|l[aeo]s?|il|el|de|het) "
)
_SUBORDINATE: Final = re.compile(r"(?:When|After|As|Before|While|Although|Because|Since)\b")
_WORD: Final = re.compile(r"[^\W\d_]+")
_TERMINAL: Final = re.compile(r"[.!?…。！？]['’”»]*\s*\Z")
_SIGNS: Final = re.compile(f'[“”„«»"「『＂‘{OPEN_Q}]')
_EASTERN_LEAD: Final = re.compile(r"こう[^。「」]{1,12}[。:：]\Z")
_GOING_ON: Final = {
    "«": ("«", "»"),
    "“": ("“", "”"),
}  # marks that begin a paragraph inside a quote, where not only its own do
_MIN_WORDS: Final = 3
_BEFORE_VERB: Final = 4  # words of a subject
_LIGHT: Final = 3  # letters of a word without weight
_TITLE_WORDS: Final = (2, 10)  # of weight
_SUBJECT_WITHIN: Final = 15  # characters of a sentence that begins with its subject
_SUBJECT_BEFORE: Final = 45  # characters of a sentence
_BEFORE_SENTENCE: Final = " \n,;–—-"
_SENTENCES_BACK: Final = 12
_SENTENCES_BACK_TO_GROUP: Final = 4
_AFTER_ARTICLE: Final = 6  # characters
_MOST_NAMES: Final = 30  # of a sentence
_MIN_WOVEN: Final = 5  # words of a fragment inside a sentence of the page's own
_SPEAKERS_KEPT: Final = 4  # of those who spoke last
_REACH: Final = 2  # passages, or paragraphs for a pronoun, after which a speaker is forgotten
_PARAGRAPH: Final = 60  # characters; captions, credits and advertisements are shorter
_MOST_BETWEEN: Final = 8  # passages
_ONLY_ATTRIBUTION: Final = 35  # words
_TITLE_SHARE: Final = 0.6
_LONGEST_PASSAGE: Final = 50_000  # characters; a paragraph of a person is far shorter
_MOST_JUDGED: Final = 3_000  # stretches in quotation marks of a page
_MOST_PASSAGES: Final = 12  # of one quote
_MAIN_TIMES: Final = 3  # times that a main speaker is named
_MAIN_SHARE: Final = 0.75  # of what is said


@dataclass(slots=True)
class Speech:
    """A stretch of direct speech: `order` is where it stands on the page."""

    text: str
    author: str | None
    rule: str
    confidence: float
    order: tuple[int, int]
    context: str
    ended: bool


class _Sentence(NamedTuple):
    """A sentence that was read: its passage, and its text without the quotes."""

    passage: int
    text: str
    holds_speech: bool


@dataclass(frozen=True, slots=True)
class Introduction:
    """Whether the text before something introduces it as said or written, and by whom; or only leads over to it."""

    is_there: bool
    speaker: str | None = None
    leads_over: bool = False


class Introductions:
    """What leads over to the quotes that are set off from the text."""

    def __init__(self, passages: list[Passage], words: QuoteWords, speakers: Speakers) -> None:
        self._passages = passages
        self._words = words
        self._speakers = speakers
        self._attributions = Attributions(words, speakers)

    def before(self, number: int) -> Introduction:
        """How the passages before this one introduce it."""
        previous = [
            passage
            for passage in self._passages[max(0, number - 1) : number]
            if is_running_text(passage) and not passage.place.quote
        ]
        if not previous:
            return Introduction(is_there=False)
        lead = previous[-1].text
        last = _last_sentence(lead.rstrip())
        says = self._words.saying.search(last) is not None and not _SIGNS.search(last)
        colon = lead.rstrip().endswith((":", "："))
        if (colon or says) and (subject := self._attributions.subject_beside_verb(last)):
            return Introduction(is_there=True, speaker=self._speakers.fullest(subject))
        for text in (last, lead):
            names = self._speakers.names_in(text)
            speaks_for = self._words.bodies.intersection(text.lower().split())
            chosen = self._speakers.likeliest(names) or [name for name in names if " " in name.text]
            if names and (speaks_for or (" " in names[0].text and names[0].start < _SUBJECT_WITHIN)):
                chosen = chosen or names
            if chosen:
                return Introduction(colon or says, self._speakers.fullest(chosen[0].text))
        pronoun = (last.split() or [""])[0].lower() in self._words.pronouns
        office = any(self._words.is_role(word.strip(".,;:")) for word in last.split())
        return Introduction(colon and (says or pronoun or office), leads_over=colon)


def find_speech(passages: list[Passage], used: set[int], words: QuoteWords, speakers: Speakers) -> list[Speech]:
    """Direct speech in the passages, but for those whose number is in `used`."""
    reader = _Reader(passages, used, words, speakers)
    found = reader.read()
    main = _main_speaker(found)
    is_helpful = main is not None and any(main.first <= number <= main.last for number in reader.left)
    return reader.read(main=main) if is_helpful else found


class _Reader:
    def __init__(self, passages: list[Passage], used: set[int], words: QuoteWords, speakers: Speakers) -> None:
        self._passages = passages
        self._used = used
        self._words = words
        self._speakers = speakers
        self._attributions = Attributions(words, speakers)
        self._has_marks = list(map(_has_marks, passages))
        self._paragraphs = list(accumulate(map(_is_paragraph, passages), initial=0))  # before each passage
        self._worth_reading = [
            number
            for number, passage in enumerate(passages)
            if is_running_text(passage) and self._leads_to_marks(number)
        ]
        self._eastern = words.language in {"ja", "zh"}
        self._forget(None)

    def _forget(self, main: "_MainSpeaker | None") -> None:
        self._main = main
        self._spoken: list[tuple[str, int]] = []  # who spoke, and in which passage, the last at the end
        self._group_spoke: str | None = None  # the last of these that is a group
        self._sentences_read: list[_Sentence] = []
        self._read_when_spoken = 0
        self._judged = 0
        self._interrupted: Speech | None = None  # the last one, if nothing but its attribution followed
        self.found: list[Speech] = []
        self.left: list[int] = []  # passages with what may be speech of the main speaker

    def read(self, main: "_MainSpeaker | None" = None) -> list[Speech]:
        self._forget(main)
        end = 0  # of the passages that were read
        for number in self._worth_reading:
            if number >= end and self._judged <= _MOST_JUDGED:
                end = self._read_passage(number)
        return [speech for speech in self.found if count_first_words(speech.text) >= _MIN_WORDS]

    def _leads_to_marks(self, number: int) -> bool:
        """Whether quotation marks stand in a passage, or in one that it may tell the speaker of."""
        return any(
            self._has_marks[following] and self._apart(number, following) <= _REACH
            for following in range(number, min(number + _MOST_BETWEEN, len(self._passages)))
        )

    def _apart(self, earlier: int, number: int, *, by_pronoun: bool = True) -> int:
        """How many passages further one is; for a pronoun, what is too short for a paragraph does not count."""
        if not by_pronoun or number - earlier > _MOST_BETWEEN:
            return number - earlier
        return self._paragraphs[number] - self._paragraphs[earlier]

    def _read_passage(self, number: int) -> int:
        """Reads a passage, and those that its speech goes on in. Returns the number of the next one."""
        self._interrupted = None
        text, next_number = self._passages[number].text[:_LONGEST_PASSAGE], number + 1
        spans = pair_marks(text) if self._has_marks[number] else []
        if spans and not spans[-1].closed:
            text, next_number = self._continue(number, text, spans[-1])
            spans = pair_marks(text) if next_number > number + 1 else spans
        spans = [] if number in self._used else [span for span in spans if span.closed]
        narrative, at = [], 0
        for span in spans:
            narrative += [text[at : span.start], ENDED if _TERMINAL.search(span.inside(text)) else QUOTE]
            at = span.end
        narrative.append(text[at:])
        index = 0
        for sentence in self._sentences("".join(narrative)):
            pieces = QUOTES.split(sentence)
            self._read_sentence(number, text, sentence, pieces, spans[index : index + len(pieces) - 1])
            index += len(pieces) - 1
            if sentence.endswith("\n"):
                self._interrupted = None
        return next_number

    def _continue(self, number: int, text: str, last: Span) -> tuple[str, int]:
        """`text` with the passages in which a new mark opens before the one of the last has closed."""
        joined = text
        for following in range(number + 1, min(number + _MOST_PASSAGES, len(self._passages))):
            more = self._passages[following]
            is_other_tag = more.place.tag != self._passages[number].place.tag
            if not is_running_text(more) or (is_other_tag and not self._has_marks[following]):
                continue  # an advertisement, a caption, or where to read on
            if not more.text.startswith(_GOING_ON.get(text[last.start], text[last.start])) or following in self._used:
                break
            joined += " " + more.text[1:]
            spans = pair_marks(more.text)
            if spans and spans[0].start == 0 and spans[0].closed:
                return joined, following + 1
        return text, number + 1

    def _sentences(self, narrative: str) -> list[str]:
        """The sentences, with `“Really?” Smith asked.` in one."""
        sentences: list[str] = []
        start = 0
        for end in [*self._boundaries(narrative), len(narrative)]:
            part = narrative[start:end]
            start = end
            before, ended, after = sentences[-1].rpartition(ENDED) if sentences else ("", "", "")
            is_open = ended and not after.strip() and before.rstrip()[-1:] not in {":", "："}
            if is_open and self._begins_with_attribution(part):
                sentences[-1] += part
            elif part.strip():
                sentences.append(part)
        return sentences

    def _boundaries(self, narrative: str) -> list[int]:
        ends = []
        for found in _BOUNDARY.finditer(narrative):
            end = found.end()
            is_inside = narrative[end : end + 1].islower() or _ABBREVIATION.search(narrative, max(0, end - 8), end)
            if found[0] == "\n" or not is_inside:
                ends.append(end)
        return ends

    def _begins_with_attribution(self, part: str) -> bool:
        lead, *others = QUOTES.split(part, 1)
        if others and lead.rstrip().endswith((":", ",", "：", "，")):
            return False
        verb = self._words.saying.search(lead)
        is_near = verb is not None and len(lead[: verb.start()].split()) <= _BEFORE_VERB
        return is_near and len(lead.split()) <= _ONLY_ATTRIBUTION

    def _read_sentence(self, number: int, text: str, sentence: str, pieces: list[str], spans: list[Span]) -> None:
        found_before = len(self.found)
        previous = self._interrupted if not pieces[0].strip() else None
        self._interrupted = None
        passed_over = ""  # with what is no speech in it
        for index, span in enumerate(spans):
            around = Surroundings(span.inside(text), passed_over + pieces[index], pieces[index + 1], sentence)
            passed_over = ""
            goes_on = previous is not None and (index == 0 or self._interrupts(around.before, previous))
            speech = self._judge(number, text, span, around, goes_on=goes_on)
            if speech is None:
                previous = None
                passed_over = (around.before + QUOTE)[-LONGEST_LEAD:] if around.before.strip() else ""
                continue
            if goes_on and previous is not None and not self._is_anothers(speech, previous):
                previous.text += " … " + speech.text
                previous.author = previous.author or speech.author
                previous.ended = speech.ended
            else:
                self.found.append(speech)
                previous = speech
            if index == len(spans) - 1 and self._is_only_attribution(around.after, speech):
                self._interrupted = previous
        self._sentences_read.append(_Sentence(number, " ".join(pieces), len(self.found) > found_before))

    def _is_anothers(self, speech: Speech, previous: Speech) -> bool:
        """Whether somebody else is named for a quote that seems to go on."""
        # Behind a full stop, the next sentence tells of something else.
        is_said = speech.rule == "said" and not speech.text.endswith(".")
        return is_said and None not in {speech.author, previous.author} and speech.author != previous.author

    def _interrupts(self, between: str, previous: Speech) -> bool:
        end = between.rstrip()[-1:]
        leads_over = end in {":", "："} or (end == "," and previous.ended)
        return not leads_over and self._is_only_attribution(between, previous)

    def _is_only_attribution(self, between: str, previous: Speech) -> bool:
        first = between.lstrip(" ,;–—-").partition(" ")[0].strip(",")
        if first in CONJUNCTIONS or (previous.text.endswith(".") and between.lstrip()[:1].isupper()):
            return False  # a sentence of the page's own
        relative = RELATIVE.search(between) if between.rstrip().endswith((",", ":")) else None
        if _NEXT_CLAUSE.search(between) or (relative and self._words.saying.search(between, relative.end())):
            return False
        attributes = self._words.saying.search(between) or self._words.according.match(between.lstrip(" ,"))
        ends = between.rstrip()[-1:] in set(".,;:–—-")
        return attributes is not None and ends and len(between.split()) <= _ONLY_ATTRIBUTION

    def _judge(self, number: int, text: str, span: Span, around: Surroundings, *, goes_on: bool) -> Speech | None:
        """The speech in a span, if it is some. `goes_on`: nothing but the attribution of the last one stands before."""
        self._judged += 1
        quote = tidy(around.inside)
        length = count_first_words(quote)
        attribution = self._attribution(number, around, quote)
        ended = _is_ended(around)
        standing = not around.before.strip(" \n,;–—-.") or around.before.rstrip()[-1:] in {":", "：", "—"}
        complete = (standing or goes_on) and ended
        is_direct = attribution is not None and attribution.direct and complete
        is_too_short = length < _MIN_WORDS and not (length and is_direct)
        if is_too_short or (attribution is None and _EXAMPLE.search(around.before[-20:])):
            return None
        if not standing and around.before.split()[-1].lower().rstrip(",:") in self._words.works:
            return None
        is_said = is_direct and attribution is not None and attribution.rule == "said"
        if self._is_title(quote) and not (is_said or (goes_on and ended)):
            return None
        decided = self._decide(
            attribution, number, around.before, length, complete=complete, spaceless=is_spaceless(quote)
        )
        if decided is None and goes_on and complete:
            decided = "continued", 0.55, None
        if text[span.start] == OPEN_Q:
            is_whole_text = span.end - span.start == len(text)
            is_term = attribution is None and (length < _MIN_WOVEN or is_whole_text)
            decided = None if is_term else ("q", 0.6, decided[2] if decided else None)
        if decided is None:
            return None
        rule, confidence, author = decided
        if author:
            author = self._speakers.fullest(author)
            self._spoken = [*self._spoken[1 - _SPEAKERS_KEPT :], (author, number)]
            if self._speakers.is_group(author):
                self._group_spoke = author
            self._read_when_spoken = len(self._sentences_read)
        return Speech(
            text=self._without_attribution(quote),
            author=author,
            rule=rule,
            confidence=confidence,
            order=(number, span.start),
            context=text[max(0, span.start - 120) : span.end + 120],
            ended=_TERMINAL.search(around.inside) is not None,
        )

    def _attribution(self, number: int, around: Surroundings, quote: str) -> Attribution | None:
        """What tells of the speaker: an interruption inside the marks, the text around them, or what leads over."""
        interruption = self._words.interruption.search(quote)
        verb = self._words.saying.search(interruption[0]) if interruption else None
        if interruption and verb:
            return self._attributions.subject("said", interruption[0], verb, direct=True)
        found = self._attributions.find(around, somebody_spoke=bool(self._spoken))
        lead = "" if found or around.before.strip() else self._lead(number)
        return self._attributions.led_by(lead, somebody_spoke=bool(self._spoken)) if lead else found

    def _lead(self, number: int) -> str:
        """The last sentence of the passage before, if it leads over to this one."""
        before = self._passages[number - 1] if number else None
        if before is None or not is_running_text(before):
            return ""
        text = before.text.rstrip()[-LONGEST_LEAD:]
        is_lead = text.endswith((":", "：")) or (self._eastern and _EASTERN_LEAD.search(text))
        return _last_sentence(text) if is_lead else ""

    def _decide(
        self,
        attribution: Attribution | None,
        number: int,
        before: str,
        length: int,
        *,
        complete: bool,
        spaceless: bool,
    ) -> tuple[str, float, str | None] | None:
        """The rule, the confidence and the speaker; None for what is no quote. `complete`: a sentence by itself."""
        if attribution is None:
            long_enough = (complete and length >= _MIN_WOVEN - 1) or (length >= _MIN_WOVEN and not self._eastern)
            recent = self._recent(number) if long_enough else None
            if long_enough and not recent:
                self.left.append(number)
            return ("continued", 0.55, self._subject_of(before) or recent) if recent else None
        author = attribution.speaker
        if author is None and attribution.group:
            author = self._group(number, attribution.group)
        if author is None and attribution.known and (attribution.group is None or attribution.pronoun):
            pronoun = attribution.pronoun
            author = (
                self._subject_of(before, pronoun)
                or self._spoken_for(number, pronoun)
                or self._recent(number, pronoun)
                or self._mention(number, pronoun)[0]
            )
        if author is None and (attribution.rule == "colon" or not attribution.is_somebody):
            return None
        if attribution.direct and (length >= _MIN_WOVEN or complete or spaceless):
            return attribution.rule, 0.75 if attribution.speaker else 0.6, author
        is_somebody = author or attribution.group or attribution.pronoun
        return ("woven", 0.6, author) if length >= _MIN_WOVEN and is_somebody else None

    def _group(self, number: int, called: str) -> str | None:
        """Which group is meant by `the union`, or by `a spokeswoman`: the one of that name, or the last that spoke."""
        named = self._speakers.group(called)
        if named:
            return named
        for read in self._sentences_read[: -1 - _SENTENCES_BACK_TO_GROUP : -1]:
            named = self._group_in(read.text) if number - read.passage <= _REACH else None
            if named:
                return self._speakers.fullest(named)
        return self._group_spoke

    def _spoken_for(self, number: int, pronoun: str | None) -> str | None:
        """For which group somebody speaks who is not named, in the last sentence: `she` means the spokeswoman."""
        read = self._sentences_read[-1] if self._sentences_read else None
        if read is None or pronoun not in self._words.he | self._words.she or self._apart(read.passage, number) > 1:
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
        if self._eastern:
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
            and self._apart(read.passage, number, by_pronoun=pronoun is not None) <= 1
        )
        if mention and is_newer and (is_subject or not self._spoken or read.passage > self._spoken[-1][1]):
            return mention
        recent = [
            author
            for author, spoke_in in reversed(self._spoken)
            if self._apart(spoke_in, number, by_pronoun=pronoun is not None) <= _REACH
        ]
        if self._main and self._main.first <= number <= self._main.last:
            recent.append(self._main.name)
        return next((author for author in recent if self._speakers.may_mean(pronoun, author)), None)

    def _mention(self, number: int, pronoun: str | None = None) -> tuple[str | None, int, bool]:
        """Who was named last, in which sentence, and whether where its subject stands."""
        if self._eastern:
            return self._eastern_mention(number)
        fallback: tuple[str | None, int, bool] = None, -1, False
        for place in range(len(self._sentences_read) - 1, max(-1, len(self._sentences_read) - 1 - _SENTENCES_BACK), -1):
            read = self._sentences_read[place]
            if self._apart(read.passage, number, by_pronoun=pronoun is not None) > _REACH:
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
        is_ended = _TERMINAL.search(passage.text) is not None or passage.text.endswith((":", "："))
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

    def _is_title(self, quote: str) -> bool:
        """Whether most words of weight begin with a capital, as in titles; in German only if all do."""
        heavy = [word for word in quote.split() if len(word) > _LIGHT and word[0].isalpha()]
        capitals = sum([word[0].isupper() for word in heavy])
        share = 1 if self._words.language == "de" else _TITLE_SHARE
        return _TITLE_WORDS[0] <= len(heavy) <= _TITLE_WORDS[1] and capitals >= share * len(heavy)

    def _without_attribution(self, quote: str) -> str:
        """`A, dit-il. B` without what stands between."""
        return self._words.interruption.sub(" … ", quote)


@dataclass(frozen=True, slots=True)
class _MainSpeaker:
    """Who says nearly everything on a page, from its passage `first` to `last`."""

    name: str
    first: int
    last: int


def _main_speaker(found: list[Speech]) -> _MainSpeaker | None:
    said = [speech for speech in found if speech.author and speech.rule in {"said", "according"}]
    names = Counter([speech.author for speech in said])
    if not names:
        return None
    name, count = names.most_common(1)[0]
    if name is None or count < _MAIN_TIMES or count < _MAIN_SHARE * len(said):
        return None
    places = [speech.order[0] for speech in said if speech.author == name]
    return _MainSpeaker(name, places[0], places[-1] + _REACH)


def _last_sentence(text: str) -> str:
    return re.split(r"(?<=[^\d.][.!?])\s+|(?<=[。！？])\s*(?=.)", text)[-1]


def _is_ended(around: Surroundings) -> bool:
    """Whether a quote ends where a sentence or its attribution may begin."""
    is_followed = around.after.lstrip()[:1] in set(".,!?，。–—")
    if is_spaceless(around.inside):
        return is_followed or not around.after.strip()
    return is_followed or _TERMINAL.search(around.inside) is not None or around.inside.rstrip()[-1:] == ","


def may_hold_speech(passage: Passage) -> bool:
    """Whether enough words for a quote stand in quotation marks in a passage."""
    text = passage.text
    return _has_marks(passage) and any(
        text.count(" ", span.start + 2, span.end - 2) >= _MIN_WORDS - 1 or is_spaceless(span.inside(text))
        for span in pair_marks(text[:_LONGEST_PASSAGE])
    )


def _has_marks(passage: Passage) -> bool:
    return _SIGNS.search(passage.text) is not None or passage.text.startswith("'") or " '" in passage.text


def _is_paragraph(passage: Passage) -> bool:
    return len(passage.text) >= _PARAGRAPH and is_running_text(passage)


def is_running_text(passage: Passage) -> bool:
    """Whether a passage is running text of the page: no heading, menu, code or link."""
    place = passage.place
    return not (place.code or place.heading or 2 * passage.links > len(passage.text))
