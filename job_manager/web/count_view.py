"""The result of counting a page, as `count.html` shows it: its most frequent words as bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from job_core.job import JsonObject
from job_core.store.read import WholeJob

BARS = 20

# Words so frequent in every text of a language that they say nothing about one.
_ENGLISH = """ a about after all also am an and any are as at be because been before being both but by can could did
do does doing down each few for from further had has have having he her here hers him his how i if in into is it it's
its itself just may me might more most must my no nor not of off on once only or other our out over own same she
should so some such than that the their theirs them then there these they this those through to too under until up
upon very was we were what when where which while who whom whose why will with would you your yours
"""
_FRENCH = """
a à ainsi alors après au aussi autre autres aux avait avant avec avoir c'est ce ces cet cette ceux chez comme d'un
d'une dans de des deux donc dont du elle elles en encore entre est et été être eux fait fut il ils je l la le les leur
leurs lui mais me même mes moi mon ne nos notre nous on ont ou où par pas peu plus pour qu'il qu'un qu'une quand que
quel quelle qui sa sans se sera ses si son sont sous sur ta te tes toi ton tous tout toute toutes très tu un une vos
votre vous y
"""
_GERMAN = """
ab aber als also am an auch auf aus bei beim bin bis bist da damit dann das dass dein dem den denn der des dessen die
dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas für gegen hat
hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede jedem jeden jeder
jedes kann kein keine können man mehr mein mich mir mit nach nicht noch nun nur ob oder ohne sehr sein seine seinem
seinen seiner seit sich sie sind so sowie über um und uns unser unter vom von vor war waren was weil welche wenn wer
werden wie wieder wir wird wo wurde wurden zu zum zur zwischen
"""
_SPANISH = """
a al algo ante antes así aún aunque cada como con contra cual cuando de del desde donde dos el él ella ellas ellos en
entre era eran es esa esas ese eso esos esta está estas este esto estos fue fueron ha había han hasta hay la las le
les lo los más me mi mientras muy nada ni no nos nosotros o os otra otras otro otros para pero poco por porque pues
que qué quien se sea ser si sí sido sin sobre son su sus también tan tanto te tiene todo todos tras tu un una unas uno
unos y ya yo
"""
_STOP_WORDS = {
    language: frozenset(words.split())
    for language, words in {"en": _ENGLISH, "fr": _FRENCH, "de": _GERMAN, "es": _SPANISH}.items()
}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One word; `percent` is its count as a percentage of the longest bar's."""

    word: str
    count: int
    percent: float


def count_values(whole: WholeJob, query: Mapping[str, str]) -> JsonObject:
    """The values for the template. `?stop=hide` hides stop words, where those of the page's language are known."""
    result = whole.job.result or {}
    known = stop_words(result.get("language"))
    hidden = known if query.get("stop") == "hide" else frozenset[str]()
    return {"bars": bars(result.get("top", ()), hidden), "can_hide": bool(known), "is_hiding": bool(hidden)}


def bars(top: Sequence[Sequence[object]], hidden: frozenset[str]) -> tuple[Bar, ...]:
    """The first words of `top`, which is sorted by count, without those that are `hidden`."""
    shown = [(str(word), int(str(count))) for word, count in top if word not in hidden][:BARS]
    longest = max((count for _, count in shown), default=1)
    return tuple(Bar(word=word, count=count, percent=round(100 * count / longest, 1)) for word, count in shown)


def stop_words(language: object) -> frozenset[str]:
    """The stop words of a language (a BCP 47 tag), in lower case; none if they are not known."""
    return _STOP_WORDS.get(language.split("-")[0].lower(), frozenset()) if isinstance(language, str) else frozenset()
