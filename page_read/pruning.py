"""Takes out of a tree what elements hold and do not show."""

from typing import Final

from selectolax.lexbor import LexborNode

_SHAPES: Final = frozenset({"circle", "ellipse", "line", "path", "polygon", "polyline", "rect", "use"})
_NO_SHADOW_HOSTS: Final = frozenset({"a", "li", "ol", "table", "ul"})


def empty(node: LexborNode) -> None:
    """Takes out all that an element holds."""
    while (child := node.first_child) is not None:
        child.decompose()


def close_details(details: LexborNode) -> None:
    """Leaves of a closed `<details>` its first `<summary>`."""
    if "open" in details.attributes:
        return
    summary_found = False
    for child in list(details.iter(include_text=True)):
        if child.tag == "summary" and not summary_found:
            summary_found = True
        else:
            child.decompose()


def distribute_slots(template: LexborNode) -> None:
    """Takes out what a host holds beside its declarative shadow root for no slot of it.

    The shadow tree's own text is not part of `innerText` and is left out with its `<template>`.
    """
    host, content = template.parent, template.template_fragments()
    if host is None or not content or host.tag in _NO_SHADOW_HOSTS:
        return
    slots = {slot.attributes.get("name") or "" for slot in content[0].css("slot")}
    sibling = template.next
    while sibling is not None:
        following = sibling.next
        name = (sibling.attributes.get("slot") or "") if sibling.is_element_node else ""
        if name not in slots:
            sibling.decompose()
        sibling = following


def is_picture(svg: LexborNode) -> bool:
    """Whether it shows no text. Most hold nothing but a shape or two, which is quickly seen."""
    child = svg.first_child
    while child is not None and child.tag in _SHAPES and child.first_child is None:
        child = child.next
    return child is None or svg.css_first("text,foreignObject,math") is None
