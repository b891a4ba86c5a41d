"""The text that a browser shows of a page."""

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser


@dataclass(frozen=True, kw_only=True)
class VisibleText:
    """What a person reads on a page, and the language the page says it is in (a BCP 47 tag), if it does."""

    text: str
    language: str | None


_WITHOUT_EVENTS = 1
_HIDDEN = [
    "script", "style", "noscript", "template", "iframe", "textarea", "title", "head", "datalist", "noembed", "noframes",
    "audio", "video", "canvas", "object", "progress", "meter", "rp", "link", "meta", "area", "param", "dialog:not([open])",
    "[hidden]", "input", "details:not([open]) > :not(summary)",
]  # fmt: skip
_SURROUNDED = frozenset(
    "address article aside blockquote body br center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr legend li listing main menu nav ol optgroup option p plaintext pre "
    "search section select summary table tbody td tfoot th thead tr ul xmp caption text".split()
)


def visible_text(html: str) -> VisibleText:
    """What Chromium's `innerText` gives for the page, as far as its words go."""
    tree = LexborHTMLParser(html.encode("utf-8", "replace"), options=_WITHOUT_EVENTS, scripting=True)
    language = tree.root.attributes.get("lang") if tree.root else None
    body = tree.body
    if body is None:
        return VisibleText(text="", language=language or None)
    for node in body.css(",".join(_HIDDEN)):
        node.decompose()
    for node in body.css("[style]"):
        style = (node.attributes.get("style") or "").replace(" ", "").lower()
        if "display:none" in style or "visibility:hidden" in style:
            node.decompose()
    for node in [node for node in body.traverse() if node.tag in _SURROUNDED]:
        node.insert_before("\n")
        node.insert_after("\n")
    return VisibleText(text=body.text(), language=language or None)
