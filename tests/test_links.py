"""Relative links in Markdown files lead to a file or folder that exists, and to a heading that is there. No network."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#{1,6}[ \t]+(.*?)[ \t]*#*$", re.MULTILINE)
LINK = re.compile(r"""\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)   # [text](target "title")
                      |^\[[^\]]+\]:\s+(\S+)                       # [text]: target
                      |(?:href|src)="([^"]+)"                      # HTML""", re.MULTILINE | re.VERBOSE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # https:, mailto:


def markdown_files() -> list[Path]:
    """Return the Markdown files that Git tracks or would track."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
                            cwd=PROJECT, capture_output=True, text=True, check=True)
    return sorted(path for name in listed.stdout.split("\0") if name and (path := PROJECT / name).is_file())


def anchor(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading's text."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def links(text: str) -> list[str]:
    """Return the targets of a Markdown text's links, without those in code."""
    prose = INLINE_CODE.sub("", FENCE.sub("", text))
    return [next(filter(None, groups)) for groups in LINK.findall(prose)]


def anchors(text: str) -> set[str]:
    """Return the anchors of a Markdown text's headings; a repeated heading's have a number."""
    seen: dict[str, int] = {}
    names = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        name = anchor(heading)
        number = seen[name] = seen.get(name, -1) + 1
        names.add(f"{name}-{number}" if number else name)
    return names | set(re.findall(r"(?:id|name)=\"([^\"]+)\"", text))


@cache
def anchors_of(path: Path) -> set[str]:
    return anchors(path.read_text())


def problems(document: Path) -> list[str]:
    """Return one line for each link of `document` that leads nowhere."""
    found = []
    for target in links(document.read_text()):
        if ELSEWHERE.match(target):
            continue
        name, _, fragment = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists():
            found.append(f"{target}: there is no {name}")
        elif fragment and path.suffix == ".md" and fragment not in anchors_of(path):
            found.append(f"{target}: {path.name} has no heading #{fragment}")
        elif name and not path.is_relative_to(PROJECT):
            found.append(f"{target}: lies outside the project")
    return found


@pytest.mark.parametrize("document", markdown_files(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_relative_links_lead_somewhere(document):
    assert not problems(document)


def test_anchors_are_githubs():
    assert anchors("# Two commands\n## `make repro`, again: 1.5 s\n## A\n## A\n```\n# no\n```\n<a id=\"x\"></a>") == {
        "two-commands", "make-repro-again-15-s", "a", "a-1", "x"}


def test_links_are_found_in_prose_alone():
    text = "[a](b.md#c) ![p](<p.png>) `[no](no.md)`\n[r]: d.md\n```\n[no](no.md)\n```\n<img src=\"i.png\">"
    assert links(text) == ["b.md#c", "p.png", "d.md", "i.png"]


def test_a_broken_link_is_said(tmp_path):
    document = tmp_path / "page.md"
    document.write_text("[a](none.md) [b](#none) [c](https://example.org/none)\n# Here\n[d](#here)")
    assert problems(document) == ["none.md: there is no none.md", "#none: page.md has no heading #none"]
