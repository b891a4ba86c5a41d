"""The one path from a page's bytes to its text: no I/O, shared by workers, command line and benchmarks."""

from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser

from page_read.content_type import parse_content_type
from page_read.encoding import CharsetSource, decode_body
from page_read.html import linked_quotations, parse_html, read_tree, xhtml_to_html
from page_read.links import PageLinks, find_links


@dataclass(frozen=True, kw_only=True)
class PageText:
    """The text that a person reads on a page, and how the page was read. `language` is what the page declares.

    `tree` is what of its markup is shown, with the marks of `read_tree`; None if it has no markup. `linked_data` are
    its blocks of JSON-LD that tell of quotations.
    """

    text: str
    language: str | None
    charset: str
    charset_source: CharsetSource
    tree: LexborHTMLParser | None = field(default=None, repr=False, compare=False)
    linked_data: tuple[str, ...] = field(default=(), repr=False, compare=False)


def read_page(body: bytes, content_type: str | None) -> PageText:
    """The text of a page as fetched. Raises NotText or PageTooComplex."""
    return read_page_with_links(body, content_type, None)[0]


def read_page_with_links(body: bytes, content_type: str | None, url: str | None) -> tuple[PageText, PageLinks]:
    """The text of the page that was fetched from `url`, and where it leads. Without `url`, links are not looked for.

    Raises NotText or PageTooComplex.
    """
    form, label = parse_content_type(content_type, body)
    utf8, charset, charset_source = decode_body(body, label, form)
    links, tree = PageLinks(), None
    linked_data: tuple[str, ...] = ()
    if form == "plain":
        text, language = utf8.decode("utf-8", "replace"), None
    else:
        html = xhtml_to_html(utf8) if form == "xhtml" else utf8
        tree = parse_html(html)
        if url is not None:
            links = find_links(tree, url, charset)
        linked_data = linked_quotations(tree)
        text, language = read_tree(tree)
    page = PageText(
        text=text, language=language, charset=charset, charset_source=charset_source, tree=tree, linked_data=linked_data
    )
    return page, links
