"""Media types: which content types are text whose words can be counted, and which charset they name."""

import re
from dataclasses import dataclass
from typing import Literal

from job_tasks.errors import NotText

Form = Literal["html", "xhtml", "plain"]

_FORMS: dict[str, Form] = {"text/html": "html", "application/xhtml+xml": "xhtml", "text/plain": "plain"}
_CHARSET = re.compile(r""";\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]+))""", re.IGNORECASE)
# The first bytes by which a resource is known as HTML (MIME Sniffing, section 7.1).
_HTML_START = re.compile(
    rb"(?:\xef\xbb\xbf)?[\t\n\x0c\r ]*<(?:!--|\?xml|"
    rb"(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P)[ >])",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class ContentType:
    """What a resource was served as: its form and the label of its charset, if it names one."""

    form: Form
    charset_label: str | None


def parse_content_type(content_type: str | None, body: bytes) -> ContentType:
    """The meaning of a `Content-Type` header (RFC 9110, section 8.3).

    A missing one is sniffed from the body: HTML if it begins as HTML does, else plain text. Raises NotText for a type
    whose words are not counted.
    """
    if content_type is None or not content_type.strip():
        return ContentType(form="html" if _HTML_START.match(body) else "plain", charset_label=None)
    essence = content_type.partition(";")[0].strip().lower()
    form = _FORMS.get(essence)
    if form is None:
        raise NotText(f"The page is {essence or 'of no type'}; words are counted in HTML, XHTML and plain text only.")
    match = _CHARSET.search(content_type)
    return ContentType(form=form, charset_label=(match[1] or match[2]) if match else None)
