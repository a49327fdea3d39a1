"""The detail of a card as a tree of the few elements that it may have: no HTML of the text ever becomes markup."""

from __future__ import annotations

from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_COMMON_MARK: Final = MarkdownIt("commonmark", {"html": False, "linkify": False})
_BREAKS: Final = {"softbreak": " ", "hardbreak": "\n"}


def detail_tree(text: str) -> list[Any]:
    """A Markdown text as CommonMark reads it: texts, and `{"tag", "children"}`, a link with its `href`."""
    return _children(SyntaxTreeNode(_COMMON_MARK.parse(text)))


def _children(node: SyntaxTreeNode) -> list[Any]:
    found: list[Any] = []
    for child in node.children:
        if child.type in _BREAKS:
            found.append(_BREAKS[child.type])
        elif not child.tag or child.type == "image":
            # Of a picture its words.
            found += _children(child) if child.children else [child.content] * bool(child.content)
        elif child.children:
            made = {"tag": child.tag, "children": _children(child)}
            found.append(made | ({"href": str(child.attrGet("href"))} if child.tag == "a" else {}))
        else:
            found.append({"tag": child.tag, "children": [child.content] if child.content else []})
    return found
