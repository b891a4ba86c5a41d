"""Who is said to speak in the text around a quote."""

import re
from dataclasses import dataclass
from typing import Final

from page_read.quote_speakers import Name, Speakers, eastern_person, eastern_subject
from page_read.quote_words import QuoteWords

QUOTE: Final = "\ue010"  # stands for a quote in the text around it
ENDED: Final = "\ue011"  # for one that ends with a sentence's mark
QUOTES: Final = re.compile(f"[{QUOTE}{ENDED}]")
LONGEST_LEAD: Final = 300  # characters before a quote that are looked at
CONJUNCTIONS: Final = frozenset("and but und aber et mais y pero e ma mas en maar i a ale и а но och men og".split())
RELATIVE: Final = re.compile(r", (?:who|which|der|die|qui|que|quien|che|który|która|который|которая)\b")
_ELIDED: Final = re.compile(r"\A\w+['’]")  # `l'organisation`
_CLAUSE: Final = re.compile(r"[;:!?\n“”\"«»„]|[^\W\d_]{3}\.(?=\s|\Z)")
_POSSESSIVE: Final = re.compile("(?:..)?['’]s(?!\\w)")  # from two characters before a name's end
_JOINED_PRONOUN: Final = re.compile(r"-(?:t-)?(\w*)")  # `dit-il`
_LINE: Final = re.compile(r"\A\s*[-–—―~]{1,2}\s*(?P<name>[^\W\d_][^–—―.!?:;]{1,70}[^–—―!?:;\s])\.?\s*\Z")
_EASTERN_ENDING: Final = re.compile(r"と、?(?P<name>[一-鿿々ァ-ヶー・]{1,12})(?:さん|氏|監督|社長|教授|選手|会長)。")
_EASTERN_SAYING: Final = re.compile(
    "[はがも][^。]{0,12}(?:話|語|言|述|振り返|笑|説明|明か|教え|答え|驚|嘆|こぼ|説く|続け)"
)
_BESIDE: Final = re.compile(r"\s(?:[^\W\d_]+\s){0,2}\Z")  # `had then `
_AND: Final = re.compile(r", (?:and|but) \Z")
_BEFORE_SENTENCE: Final = frozenset(["", *"-–—.:;!?"])
_CLAUSE_START: Final = re.compile(r"[,;:.!?–—\n]")
_LONGEST_NAME: Final = 9  # words, with an office
_AROUND_VERB: Final = 6  # words
_BEFORE_BODY: Final = 4  # words from `spokesman` to the name of a body
_JOINED: Final = 2  # characters of a particle
_CLOSE: Final = 6  # characters of an article, or of a colon and a blank
_APPOSITION: Final = 25  # characters
_FAR: Final = 120  # characters between a verb and its subject
_NEAR: Final = 90  # characters between a quote and its verb of saying
_LONGEST_ACCORDING: Final = 200  # characters of `according to Ann Lee, who …` before a quote
_EASTERN_NEAR: Final = 40
_LEADING_OVER: Final = 15  # characters, for `that` and the like
_ENDING: Final = frozenset(".!?…")
_LONGEST_SENTENCE: Final = 1_000  # characters


@dataclass(slots=True)
class Attribution:
    """What the sentence around a quote tells of its speaker.

    `known` means somebody who was named before, and `pronoun` is the word that does so. `group` means a group that was
    named before, by the word that it is called, or that says that somebody speaks for it.
    """

    rule: str
    speaker: str | None = None
    known: bool = False
    pronoun: str | None = None
    group: str | None = None
    direct: bool = True
    is_somebody: bool = True  # and no thing, as a message that says something


@dataclass(slots=True)
class Surroundings:
    """The text around a quote: in its sentence, and up to the next quotes on both sides."""

    inside: str
    before: str
    after: str
    sentence: str


class Attributions:
    """Reads attributions in one page's language, by the speakers that the page names."""

    def __init__(self, words: QuoteWords, speakers: Speakers) -> None:
        self._words = words
        self._speakers = speakers
        self._woven_in: tuple[str, Attribution | None] = ("", None)

    def find(self, around: Surroundings, *, somebody_spoke: bool) -> Attribution | None:
        """The attribution of a quote, None if there is none. `somebody_spoke` before whom it may mean by a colon."""
        if self._words.is_eastern:
            return self._eastern(around)
        words, before, after = self._words, around.before[-LONGEST_LEAD:], around.after[: _NEAR + 110]
        line = _LINE.match(around.after)
        is_name = (
            line is not None and len(line["name"].split()) <= _LONGEST_NAME and not words.saying.search(line["name"])
        )
        if line and is_name and not before.strip():
            return Attribution("line", line["name"].split(",")[0].strip())
        end = before.rstrip()[-1:]
        verbs = list(words.saying.finditer(before))
        leads_over = bool(verbs) and (end in {":", ","} or len(before) - verbs[-1].end() <= _LEADING_OVER)
        is_beside = bool(verbs) and not before[verbs[-1].end() :].strip()
        verb = words.saying.search(after)
        is_near = verb is not None and verb.start() <= _NEAR and {":", ";"}.isdisjoint(after[: verb.start()])
        if verb and is_near and not (verbs and (is_beside or self._is_introduced(around, verb, leads_over=leads_over))):
            return self.subject("said", after, verb, direct=verb.start() <= _NEAR // 2)
        if verbs and (leads_over or len(before) - verbs[-1].end() <= _NEAR):
            return self._introducing(before, after, verbs, direct=leads_over)
        found = self._according(after, within=4) or self._according(
            before[-_LONGEST_ACCORDING:], within=_LONGEST_ACCORDING
        )
        if found is None and end == ":":
            return self._before_colon(before, somebody_spoke=somebody_spoke)
        return found or self._woven(around.sentence)

    def led_by(self, lead: str, *, somebody_spoke: bool) -> Attribution | None:
        """The attribution in a sentence that leads over to the quote with which the next passage begins."""
        if self._words.is_eastern:
            speaker = eastern_person(lead)
            return Attribution("said", speaker) if speaker else None
        return self.find(Surroundings("", lead, "", lead), somebody_spoke=somebody_spoke)

    def _is_introduced(self, around: Surroundings, verb: re.Match[str], *, leads_over: bool) -> bool:
        """Whether the verb after a quote tells of something else, and the one before it of the quote."""
        is_next_sentence = leads_over and around.inside.rstrip()[-1:] in _ENDING
        goes_on = not CONJUNCTIONS.isdisjoint(around.after.split(maxsplit=1)[:1])
        # `Ann Lee said it was “…” and accused them`, `Ann Lee said it was “…”, adding that …`
        return is_next_sentence or goes_on or self._is_participle(verb)

    def _is_participle(self, verb: re.Match[str]) -> bool:
        return self._words.language == "en" and verb[0].endswith("ing")

    def _introducing(self, before: str, after: str, verbs: list[re.Match[str]], *, direct: bool) -> Attribution:
        """Who speaks where the last verb of saying stands before the quote."""
        verb = verbs[-1]
        is_participle = self._is_participle(verb)
        if is_participle and (speaker := self._subject_of_participle(verb, after)):
            return Attribution("said", speaker, direct=direct)
        goes_on = len(verbs) > 1 and is_participle  # `The judge said it was late, adding: “…”`
        return self.subject("said", before, verbs[-2] if goes_on else verb, direct=direct, introduces=True)

    def _subject_of_participle(self, verb: re.Match[str], after: str) -> str | None:
        """Who speaks where a sentence begins with a participle: `Calling it “…”, Ann Lee closed the road`."""
        before = verb.string[: verb.start()].rstrip()
        persons = self._speakers.likeliest(self.speakers_in(after)) if before[-1:] in _BEFORE_SENTENCE else []
        return persons[0].text if persons else None

    def _before_colon(self, before: str, *, somebody_spoke: bool) -> Attribution | None:
        names = self._speakers.names_in(before)
        if names and " " in names[-1].text and before.strip(" :") == names[-1].text:
            return Attribution("colon", names[-1].text)  # `Ann Lee: “…”`
        persons = [name for name in names if self._speakers.is_person(name.text)]
        if persons and not self._pronoun(before[: persons[0].start].split()):
            return Attribution("colon", persons[0].text)
        return Attribution("colon", known=True) if somebody_spoke else None

    def _woven(self, sentence: str) -> Attribution | None:
        """Who says something anywhere in a sentence; the same for all quotes in it."""
        if self._woven_in[0] != sentence:
            said = QUOTES.sub(" ", sentence[:_LONGEST_SENTENCE])
            verb = self._words.saying.search(said)
            self._woven_in = sentence, self.subject("woven", said, verb, direct=False) if verb else None
        return self._woven_in[1]

    def _eastern(self, around: Surroundings) -> Attribution | None:
        verb = self._words.saying.search(re.split("[，。！？；,]", around.after[:_EASTERN_NEAR].lstrip("，,"))[0])
        clause = re.split("[。！？]", around.before)[-1]
        if self._words.language == "ja":
            return self._japanese(around, clause, verb)
        verbs = list(self._words.saying.finditer(clause))
        if verbs and len(clause) - verbs[-1].end() <= _CLOSE:
            return Attribution("said", eastern_subject(clause, verbs[-1].start()), known=True)
        if verb is None:
            return None
        return Attribution("said", eastern_subject(around.after.lstrip("，,"), verb.start()), known=True)

    def _japanese(self, around: Surroundings, clause: str, verb: re.Match[str] | None) -> Attribution | None:
        ending = _EASTERN_ENDING.match(around.after)
        if ending:
            return Attribution("said", ending["name"])
        if verb and verb.start() <= _JOINED:
            return Attribution("said", eastern_subject(clause, None), known=not clause.strip())
        behind = eastern_person(around.after[:_EASTERN_NEAR]) if around.after.startswith("と") else None
        if behind and _EASTERN_SAYING.search(around.after[:_EASTERN_NEAR]):
            return Attribution("said", behind)
        return None

    def subject_beside_verb(self, sentence: str) -> str | None:
        """The name that stands right before the first verb of saying with one."""
        names = self.speakers_in(sentence[-LONGEST_LEAD:])
        for verb in self._words.saying.finditer(sentence[-LONGEST_LEAD:]):
            before = [name for name in names if name.end <= verb.start()]
            if before and self._begins_clause(before[-1], verb):
                return before[-1].text
        return None

    def _according(self, text: str, within: int) -> Attribution | None:
        """Who is named after a word like `according to`, which begins in the first `within` characters."""
        according = self._words.according.search(text)
        if according is None or according.start() > within:
            return None
        end = according.end()
        for name in self._speakers.names_in(text):
            is_next = 0 <= name.start - end <= 1
            if is_next or (0 <= name.start - end < _FAR and self._speakers.is_person(name.text)):
                return Attribution("according", name.text)
        named = self._somebody(text, according, self.speakers_in(text[: end + _FAR]), indefinite=False)
        if named:
            return Attribution("according", named)
        following = text[end:].split()[:2]
        if self._pronoun(following[:1]) or any(self._words.is_role(word.strip(",.")) for word in following):
            return Attribution("according", known=True)
        return None

    def subject(
        self, rule: str, text: str, verb: re.Match[str], *, direct: bool, introduces: bool = False
    ) -> Attribution:
        """Who does the saying. `introduces`: the quote comes after the verb."""
        lead, follow = text[: verb.start()].split(), text[verb.end() :].split()
        is_content = self._words.language == "en" and (introduces or rule == "woven")  # `said he was 'tired'`
        if introduces and (explained := self._explained(text, verb)):
            return Attribution(rule, explained, direct=direct)
        inverted = [] if is_content else follow[:1]
        joined = _JOINED_PRONOUN.match(text, verb.end())
        pronoun = joined[1].lower() if joined else self._pronoun(inverted + lead[-1:])
        if pronoun:
            is_group = pronoun in self._words.it and (self._words.language == "de" or lead[-1:] == [pronoun])
            group = (self._group(follow[:_AROUND_VERB]) or pronoun) if is_group else None
            return Attribution(rule, known=True, pronoun=pronoun, group=group, direct=direct)
        names = self.speakers_in(text)
        is_beside_verb = any(0 <= verb.start() - name.end <= _JOINED for name in names)
        if introduces and not is_beside_verb and (pronoun := self._pronoun(text.split(maxsplit=1)[:1])):
            return Attribution(rule, known=True, pronoun=pronoun, direct=direct)  # `She asked Bob to come, saying “…”`
        reach = len(text) if introduces else _FAR
        before = [
            name for name in names if 0 <= verb.start() - name.end <= reach and not self._explains_office(name, verb)
        ]
        is_told = verb[0].lower() in self._words.addressing or (is_content and introduces and lead)
        after = [] if is_told else [name for name in names if 0 <= name.start - verb.end() <= _FAR]
        after = [name for name in after if not is_owner(name, text)] or after
        before_name = text[verb.end() : after[0].start].split() if after else follow
        by_office = any(self._words.is_role(word.strip(",.")) for word in before_name[:3])
        is_inverted = not text[: verb.start()].strip(" ,") and all(
            name.start > _end_of_clause(text, verb) for name in after
        )
        unnamed = lead[-5:] + follow[: _AROUND_VERB if is_inverted else 1]
        indefinite = bool(self._words.indefinite.intersection([word.lower() for word in unnamed]))
        name = (
            self._body_before(before, verb)
            or self._subject_before(before, verb, introduces=introduces)
            or self._subject_after(after, verb, by_office=by_office)
            or self._somebody(text, verb, after or before, indefinite=indefinite)
        )
        if name is None and not indefinite:
            name = self._office_holder([*([] if is_content else follow[:3]), *reversed(lead[-3:])])
        behind = [word for word in follow[:3] if not is_content or word in self._words.bodies]  # `says a report`
        group = None if name else self._group([*reversed(lead[-3:]), *behind])
        is_somebody = bool(name or indefinite or group) or self._means_somebody(lead, verb, follow)
        known = name is None and not indefinite
        pronoun = self._pronoun_of_office([*reversed(lead[-3:]), *behind]) if known and not group else None
        return Attribution(
            rule, name, known=known, pronoun=pronoun, group=group, direct=direct, is_somebody=is_somebody
        )

    def _explained(self, text: str, verb: re.Match[str]) -> str | None:
        """Who speaks in a relative clause: `This is from Bob Ray, who said: “…”`."""
        last = next((name for name in reversed(self._speakers.names_in(text)) if name.end <= verb.start()), None)
        may_speak = last is not None and self._speakers.may_speak(last.text)
        return last.text if last and may_speak and RELATIVE.match(text, last.end) else None

    def _means_somebody(self, lead: list[str], verb: re.Match[str], follow: list[str]) -> bool:
        """Whether an office, a group or a pronoun at the start of the sentence or near the verb is its subject."""
        around = [word.strip(",.") for word in lead[:3] + lead[-_AROUND_VERB:] + follow[:_AROUND_VERB]]
        is_named = any(self._words.is_role(word) or self._words.is_group(word) for word in around)
        return is_named or self._pronoun(lead[-_AROUND_VERB:] + verb[0].split()) is not None

    def _group(self, words: list[str]) -> str | None:
        """The first of `words` that means a group, or somebody who speaks for one; None if an office comes first."""
        for word in [_ELIDED.sub("", word.strip(".,;:")).lower() for word in words]:
            if self._words.is_group(word) or word in self._words.bodies:
                return word
            if self._words.is_role(word):
                return None
        return None

    def _office_holder(self, words: list[str]) -> str | None:
        """Who has the office that one of `words` is: `the mayor said`."""
        offices = [word.strip(".,;:") for word in words]
        return next((self._speakers.holder(word.lower()) for word in offices if self._words.is_role(word)), None)

    def _pronoun_of_office(self, words: list[str]) -> str | None:
        """What the office that one of `words` is says of its holder: `the actress` is `she`."""
        return next((pronoun for word in words if (pronoun := self._words.pronoun_of(word.strip(".,;:")))), None)

    def _subject_before(self, names: list[Name], verb: re.Match[str], *, introduces: bool) -> str | None:
        if names and introduces and self._begins_clause(names[-1], verb):
            return names[-1].text
        persons = self._speakers.likeliest(names)
        if persons:
            subjects = [name for name in persons if not is_owner(name, verb.string)] or persons
            subjects = [name for name in subjects if not self._speaks_before(name, verb)] or subjects
            if introduces and self._is_participle(verb) and (nearest := self._subject_of_clause(subjects, verb)):
                return nearest
            is_first = introduces or subjects[0].start <= _JOINED  # `“…”, Ann Lee, a friend of Bob Ray, said`
            return subjects[0 if is_first else -1].text
        is_beside = names and verb.start() - names[-1].end <= (_APPOSITION if " " in names[-1].text else _JOINED)
        return names[-1].text if is_beside else None

    def _body_before(self, names: list[Name], verb: re.Match[str]) -> str | None:
        """For whom somebody speaks where a sentence begins: `A spokesman for the union, which Ann Ray leads, said`."""
        first = names[0] if names else None
        lead = verb.string[: first.start].lower().split() if first else []
        speaks_for = not self._words.bodies.isdisjoint(lead[-_BEFORE_BODY:-1])
        return first.text if first and speaks_for and len(lead) <= _AROUND_VERB else None

    def _begins_clause(self, name: Name, verb: re.Match[str]) -> bool:
        """Whether a name stands right before the verb, and nobody else can be the subject of its clause."""
        text = verb.string
        between = text[name.end : verb.start()]
        if not _BESIDE.fullmatch(between) or not CONJUNCTIONS.isdisjoint(between.split()):
            return False
        before = _CLAUSE_START.split(text[: name.start])[-1].lower().split()
        if not (" " in name.text or self._speakers.is_person(name.text)):
            is_described = any(self._words.is_role(word) or self._words.is_group(word) for word in between.split())
            return before in ([], ["the"]) and not is_described  # `The French ministry said`
        return self._words.prepositions.isdisjoint(before)

    def _subject_of_clause(self, names: list[Name], verb: re.Match[str]) -> str | None:
        """With whose name the last clause begins: `Bob Ray would wait, and Ann Lee would go, saying: “…”`."""
        begins = [name.text for name in names if _AND.search(verb.string[: name.start])]
        return begins[-1] if begins else None

    def _speaks_before(self, name: Name, verb: re.Match[str]) -> bool:
        """Whether a name is that of an earlier verb of saying: `As Bob Ray reported, Ann Lee told her: “…”`."""
        earlier = self._words.saying.match(verb.string, name.end + 1)
        return earlier is not None and earlier.end() < verb.start() and verb.string[earlier.end()] == ","

    def _explains_office(self, name: Name, verb: re.Match[str]) -> bool:
        """Whether the verb's subject is an office, and the name tells of what: `the Harbour Story star said`."""
        between = verb.string[name.end : verb.start()]
        words = between.split() if len(between) <= _APPOSITION and "," not in between else []
        is_office = any(map(self._words.is_role, words)) and self._words.bodies.isdisjoint(words)
        return is_office and not self._speakers.has_first_name(name.text)

    def _subject_after(self, names: list[Name], verb: re.Match[str], *, by_office: bool) -> str | None:
        persons = [name for name in names if self._speakers.is_person(name.text)]
        if persons and (" " in persons[0].text or not by_office or persons[0].titled):
            return persons[0].text
        is_beside = names and names[0].start - verb.end() < _CLOSE and not by_office
        return names[0].text if is_beside else None

    def _somebody(self, text: str, verb: re.Match[str], names: list[Name], *, indefinite: bool) -> str | None:
        """The first name in a clause that is no place: of a body for which somebody speaks, or of several words."""
        end = _end_of_clause(text, verb)
        words = {word.strip(".,").lower() for word in text[max(0, verb.start() - _FAR) : end].split()}
        follow = [word.strip(".,").lower() for word in text[verb.end() : end].split()[:_BEFORE_BODY]]
        is_where = bool(follow) and follow[0] in self._words.places  # `said in a statement`
        for_body = bool(self._words.bodies & words.difference(follow if is_where else ()))
        if for_body and not names:
            names = [name for name in self._speakers.names_in(text) if 0 <= name.start - verb.end() <= _FAR]
        for name in names:
            if name.start > end:
                continue
            if for_body or (" " in name.text and not indefinite):
                return name.text
        return None

    def speakers_in(self, text: str) -> list[Name]:
        """The names in `text`, but for those before which a word says that they are where it was said, or to whom."""
        return self._without(self._words.places, text)

    def subjects_in(self, text: str) -> list[Name]:
        """The names in `text`, but for those before which a preposition stands."""
        return self._without(self._words.prepositions, text)

    def _without(self, before: frozenset[str], text: str) -> list[Name]:
        return [
            name
            for name in self._speakers.names_in(text)
            if text[max(0, name.start - 20) : name.start].rstrip().rpartition(" ")[2].lower() not in before
        ]

    def _pronoun(self, words: list[str]) -> str | None:
        lower = [re.split("['’]", word.strip(".,;:!?()").lower())[0] for word in words]  # `he'd`
        return next((word for word in lower if word in self._words.pronouns), None)


def is_owner(name: Name, text: str) -> bool:
    """Whether a name in `text` only tells whose something is: `Ann Lee's house`."""
    return _POSSESSIVE.match(text, name.end - 2) is not None


def _end_of_clause(text: str, verb: re.Match[str]) -> int:
    clause = _CLAUSE.search(text, verb.end())
    return clause.start() if clause else len(text)
