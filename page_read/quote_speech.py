"""Direct speech in running text, and who speaks."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

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
)
from page_read.quote_coreference import MOST_BETWEEN, REACH, Coreference, MainSpeaker
from page_read.quote_marks import Span, pair_marks
from page_read.quote_passages import OPEN_Q, Passage, is_running_text
from page_read.quote_speakers import Speakers
from page_read.quote_text import count_first_words, ends_sentence, is_spaceless, tidy
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
_MIN_WOVEN: Final = 5  # words of a fragment inside a sentence of the page's own
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
    return _Reader(passages, used, words, speakers, main).read() if is_helpful else found


class _Reader:
    def __init__(
        self,
        passages: list[Passage],
        used: set[int],
        words: QuoteWords,
        speakers: Speakers,
        main: MainSpeaker | None = None,
    ) -> None:
        self._passages = passages
        self._used = used
        self._words = words
        self._speakers = speakers
        self._attributions = Attributions(words, speakers)
        self._coreference = Coreference(passages, words, speakers, self._attributions, main)
        self._has_marks = list(map(_has_marks, passages))
        self._judged = 0
        self._interrupted: Speech | None = None  # the last one, if nothing but its attribution followed
        self._found: list[Speech] = []
        self.left: list[int] = []  # passages with what may be speech of the main speaker

    def read(self) -> list[Speech]:
        end = 0  # of the passages that were read
        for number, passage in enumerate(self._passages):
            if self._judged > _MOST_JUDGED:
                break
            if number >= end and is_running_text(passage) and self._leads_to_marks(number):
                end = self._read_passage(number)
        return [speech for speech in self._found if count_first_words(speech.text) >= _MIN_WORDS]

    def _leads_to_marks(self, number: int) -> bool:
        """Whether quotation marks stand in a passage, or in one that it may tell the speaker of."""
        return any(
            self._has_marks[following] and self._coreference.apart(number, following) <= REACH
            for following in range(number, min(number + MOST_BETWEEN, len(self._passages)))
        )

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
            narrative += [text[at : span.start], ENDED if ends_sentence(span.inside(text)) else QUOTE]
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
        found_before = len(self._found)
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
                self._found.append(speech)
                previous = speech
            if index == len(spans) - 1 and self._is_only_attribution(around.after, speech):
                self._interrupted = previous
        self._coreference.read(number, " ".join(pieces), holds_speech=len(self._found) > found_before)

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
            self._coreference.speak(author, number)
        return Speech(
            text=self._without_attribution(quote),
            author=author,
            rule=rule,
            confidence=confidence,
            order=(number, span.start),
            context=text[max(0, span.start - 120) : span.end + 120],
            ended=ends_sentence(around.inside),
        )

    def _attribution(self, number: int, around: Surroundings, quote: str) -> Attribution | None:
        """What tells of the speaker: an interruption inside the marks, the text around them, or what leads over."""
        interruption = self._words.interruption.search(quote)
        verb = self._words.saying.search(interruption[0]) if interruption else None
        if interruption and verb:
            return self._attributions.subject("said", interruption[0], verb, direct=True)
        found = self._attributions.find(around, somebody_spoke=self._coreference.somebody_spoke)
        lead = "" if found or around.before.strip() else self._lead(number)
        return self._attributions.led_by(lead, somebody_spoke=self._coreference.somebody_spoke) if lead else found

    def _lead(self, number: int) -> str:
        """The last sentence of the passage before, if it leads over to this one."""
        before = self._passages[number - 1] if number else None
        if before is None or not is_running_text(before):
            return ""
        text = before.text.rstrip()[-LONGEST_LEAD:]
        is_lead = text.endswith((":", "：")) or (self._words.is_eastern and _EASTERN_LEAD.search(text))
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
            if not (complete and length >= _MIN_WOVEN - 1) and (length < _MIN_WOVEN or self._words.is_eastern):
                return None
            speaker = self._coreference.who_goes_on(number, before)
            if speaker is None:
                self.left.append(number)
            return ("continued", 0.55, speaker) if speaker else None
        author = attribution.speaker or self._coreference.meant(attribution, number, before)
        if author is None and (attribution.rule == "colon" or not attribution.is_somebody):
            return None
        if attribution.direct and (length >= _MIN_WOVEN or complete or spaceless):
            return attribution.rule, 0.75 if attribution.speaker else 0.6, author
        is_somebody = author or attribution.group or attribution.pronoun
        return ("woven", 0.6, author) if length >= _MIN_WOVEN and is_somebody else None

    def _is_title(self, quote: str) -> bool:
        """Whether most words of weight begin with a capital, as in titles; in German only if all do."""
        heavy = [word for word in quote.split() if len(word) > _LIGHT and word[0].isalpha()]
        capitals = sum([word[0].isupper() for word in heavy])
        share = 1 if self._words.language == "de" else _TITLE_SHARE
        return _TITLE_WORDS[0] <= len(heavy) <= _TITLE_WORDS[1] and capitals >= share * len(heavy)

    def _without_attribution(self, quote: str) -> str:
        """`A, dit-il. B` without what stands between."""
        return self._words.interruption.sub(" … ", quote)


def _main_speaker(found: list[Speech]) -> MainSpeaker | None:
    said = [speech for speech in found if speech.author and speech.rule in {"said", "according"}]
    names = Counter([speech.author for speech in said])
    if not names:
        return None
    name, count = names.most_common(1)[0]
    if name is None or count < _MAIN_TIMES or count < _MAIN_SHARE * len(said):
        return None
    places = [speech.order[0] for speech in said if speech.author == name]
    return MainSpeaker(name, places[0], places[-1] + REACH)


def _last_sentence(text: str) -> str:
    return re.split(r"(?<=[^\d.][.!?])\s+|(?<=[。！？])\s*(?=.)", text)[-1]


def _is_ended(around: Surroundings) -> bool:
    """Whether a quote ends where a sentence or its attribution may begin."""
    is_followed = around.after.lstrip()[:1] in set(".,!?，。–—")
    if is_spaceless(around.inside):
        return is_followed or not around.after.strip()
    return is_followed or ends_sentence(around.inside) or around.inside.rstrip()[-1:] == ","


def may_hold_speech(passage: Passage) -> bool:
    """Whether enough words for a quote stand in quotation marks in a passage."""
    text = passage.text
    return _has_marks(passage) and any(
        text.count(" ", span.start + 2, span.end - 2) >= _MIN_WORDS - 1 or is_spaceless(span.inside(text))
        for span in pair_marks(text[:_LONGEST_PASSAGE])
    )


def _has_marks(passage: Passage) -> bool:
    return _SIGNS.search(passage.text) is not None or passage.text.startswith("'") or " '" in passage.text
