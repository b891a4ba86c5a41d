"""Elements that show only a part of what they hold: `<select>`, closed `<details>`, shadow hosts."""

from selectolax.lexbor import LexborNode

from job_tasks.pages.separators import LINE

_SHADOW_ROOTS = "template[shadowrootmode=open i],template[shadowrootmode=closed i]"


def distribute_slots(body: LexborNode) -> None:
    """Takes out what a host with a declarative shadow root holds for no slot of it.

    The shadow tree's own text is not part of `innerText` and is left out with its `<template>`.
    """
    for template in body.css(_SHADOW_ROOTS):
        host, content = template.parent, template.template_fragments()
        if host is None or not content or host.tag in {"ul", "ol", "li", "table", "a"}:
            continue
        slots = {slot.attributes.get("name") or "" for slot in content[0].css("slot")}
        for child in list(host.iter(include_text=True)):
            name = (child.attributes.get("slot") or "") if child.is_element_node else ""
            if child.tag != "template" and name not in slots:
                child.decompose()


def list_options(body: LexborNode) -> None:
    """Leaves of every `<select>` the texts of its options, each on a line; hidden ones too, as Chromium has it."""
    for select in body.css("select"):
        options = select.css("option,optgroup")
        lines = [_option_text(option) if option.tag == "option" else "" for option in options]
        for child in list(select.iter(include_text=True)):
            child.decompose()
        if lines:
            select.insert_child(LINE + LINE.join(lines) + LINE)


def _option_text(option: LexborNode) -> str:
    for script in option.css("script"):
        script.decompose()
    return option.text()


def close_details(body: LexborNode) -> None:
    """Leaves of every closed `<details>` its first `<summary>`."""
    for details in body.css("details:not([open])"):
        summary_found = False
        for child in list(details.iter(include_text=True)):
            if child.tag == "summary" and not summary_found:
                summary_found = True
            else:
                child.decompose()
