"""Builds the documentation site into the package, where the service serves it at /docs and a wheel takes it along.

    python -m scripts.documentation.build [--work FOLDER] [--site FOLDER]

Needs no network. Every warning of the generator is an error: a link that leads nowhere, a page that is in no menu.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from scripts.documentation.reference import reference_files

ROOT: Final = Path(__file__).parents[2]
SITE: Final = ROOT / "cds_service" / "web" / "site"
WORK: Final = ROOT / "var" / "documentation"
FROM_ELSEWHERE: Final = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "development.md",
    "cds_service/knowledge/spine_imaging/CHANGELOG.md": "knowledge_changelog.md",
    "fhir_fixtures/README.md": "fixtures.md",
    "tests/scenarios/README.md": "scenarios.md",
}
"""Pages that stand beside what they speak of, and their name in the site."""

_LINK: Final = re.compile(r"\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")
_COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.DOTALL | re.MULTILINE)


def build(work: Path = WORK, site: Path = SITE) -> None:
    """Gathers the pages in `work` and puts the finished site in place of what was in `site`.

    Raises CalledProcessError when the generator finds something wrong; `site` is then what it was.
    """
    shutil.rmtree(work, ignore_errors=True)
    pages = work / "docs"
    pages.mkdir(parents=True)
    shutil.copy(ROOT / "mkdocs.yml", work)
    shutil.copy(Path(__file__).with_name("style.css"), pages)
    for source, name in _sources().items():
        text = source.read_text(encoding="utf-8")
        (pages / name).write_text(page_for_site(text, source), encoding="utf-8")
    for name, text in reference_files().items():
        path = pages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(
        [Path(sys.executable).with_name("zensical"), "build", "--clean", "--strict"],
        cwd=work,
        env=os.environ | {"NO_COLOR": "1"},
        check=True,
    )
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(work / "site", site)


def page_for_site(text: str, source: Path) -> str:
    """A page as the site has it: what lies outside is named and not linked, and comments for tests are gone."""

    def link(found: re.Match[str]) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        path = (source.parent / target).resolve()
        name = _sources().get(path)
        if name is not None:
            return f"[{words}]({name}{anchor})"
        if path.parent == ROOT / "docs" / "reference":
            return f"[{words}](reference/{path.name}{anchor})"
        return words if words.startswith("`") else f"{words} (`{path.relative_to(ROOT)}`)"

    return _LINK.sub(link, _COMMENT.sub("", text))


def _sources() -> dict[Path, str]:
    """Every page that is written by hand, and its name in the site."""
    own = {page: page.name for page in sorted((ROOT / "docs").glob("*.md"))}
    return own | {ROOT / path: name for path, name in FROM_ELSEWHERE.items()}


def main() -> None:
    """Entry point of `make docs`."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--site", type=Path, default=SITE)
    options = parser.parse_args()
    try:
        build(options.work, options.site)
    except subprocess.CalledProcessError:
        sys.exit("The documentation was not built; what is wrong stands above.")
    print(f"Built into {options.site}. `make serve` shows it at /docs.")


if __name__ == "__main__":
    main()
