"""The documentation is built from this version, served by it, and goes with its package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from flask import Flask

from cds_service.cli import commands
from cds_service.evidence.record.types import REQUIREMENTS
from cds_service.settings import Settings, variable
from cds_service.web.documentation import documentation_blueprint
from cds_service.web.edge import register_edge
from cds_service.web.problems import register_problems
from scripts.documentation.build import ROOT, page_for_site

LOCKS = ("requirements.lock", "requirements-docs.lock", "requirements-dev.lock")
_HREF = re.compile(r'(?:href|src)="([^"]+)"')
_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def client_of(site):
    app = Flask(__name__)
    register_edge(app, ())
    register_problems(app)
    app.register_blueprint(documentation_blueprint(site))
    return app.test_client()


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_docs_lead_to_their_first_page(site, path):
    response = client_of(site).get(path)
    assert response.status_code == 302
    first = client_of(site).get(response.headers["Location"])
    assert first.status_code == 200
    assert "Spine imaging decision support" in first.text


def test_every_page_and_file_that_a_page_names_is_served(site):
    client = client_of(site)
    for page in sorted(site.rglob("*.html")):
        if page.name == "404.html":
            continue  # for hosts of static files; here a missing page is a problem like any other
        for target in _HREF.findall(page.read_text(encoding="utf-8")):
            path, _ = urldefrag(target)
            if path and "://" not in path and not path.startswith(("data:", "mailto:")):
                named = (page.parent / path).resolve().relative_to(site.resolve())
                answer = client.get(f"/docs/{named}".removesuffix("/."), follow_redirects=True)
                assert answer.status_code == 200, (page.name, target)


def test_no_page_loads_anything_from_another_host(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(
            r'<(?:script|img|iframe|link)\b[^>]*(?:src|href)="(https?:[^"]+)"', text
        )
        assert loaded == [], page.name


def test_a_page_runs_its_own_scripts_and_no_other(site):
    response = client_of(site).get("/docs/index.html")
    policy = response.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert "frame-ancestors 'none'" in policy
    scripts = _SCRIPT.findall(response.text)
    assert scripts
    for script in scripts:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy


def test_a_file_that_did_not_change_is_not_sent_again(site):
    client = client_of(site)
    tag = client.get("/docs/index.html").headers["ETag"]
    assert client.get("/docs/index.html", headers={"If-None-Match": tag}).status_code == 304


def test_nothing_outside_the_site_is_served(site):
    for path in ("/docs/../documentation.py", "/docs/%2e%2e/documentation.py", "/docs//etc/passwd"):
        response = client_of(site).get(path)
        assert response.status_code == 404, path
        assert response.get_json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("path", ["/docs", "/docs/index.html"])
def test_where_it_was_not_built_one_page_says_how(tmp_path, path):
    response = client_of(tmp_path).get(path)
    assert response.status_code == 404
    assert response.content_type.startswith("text/html")
    assert "make docs" in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_the_reference_names_every_setting_command_and_prefetch_key(site):
    settings = (site / "reference" / "settings.html").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if variable(name) not in settings] == []
    shown = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert [name for name in commands.commands if f"spine-cds {name}" not in shown] == []
    data = (site / "reference" / "data.html").read_text(encoding="utf-8")
    assert [need.key for need in REQUIREMENTS if need.key not in data] == []


def test_the_reference_names_every_criterion_source_and_card(site, compiled):
    criteria = (site / "reference" / "criteria.html").read_text(encoding="utf-8")
    assert [one.id for one, _ in compiled.rules.criteria if one.id not in criteria] == []
    assert [name for name in compiled.guideline.citations if name not in criteria] == []
    cards = (site / "reference" / "cards.html").read_text(encoding="utf-8")
    assert [card.id for card in compiled.guideline.wording.card if card.id not in cards] == []


def test_the_search_finds_words_of_every_page(site):
    found = json.loads((site / "search.json").read_text(encoding="utf-8"))
    assert "reference/criteria.html" in json.dumps(found)


def test_a_link_to_what_is_not_in_the_site_becomes_words():
    page = ROOT / "docs" / "made-up.md"
    text = "[the sets](../cds_service/knowledge), [settings](settings.md#a), [out](https://example.org)"
    assert page_for_site(text, page) == (
        "the sets (`cds_service/knowledge`), [settings](settings.md#a), [out](https://example.org)"
    )


def test_a_package_brings_the_documentation_along_and_serves_it(site, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(
        ROOT / "cds_service",
        source / "cds_service",
        ignore=shutil.ignore_patterns("site", "__pycache__"),
    )
    shutil.copytree(site, source / "cds_service" / "web" / "site")
    build = [sys.executable, "-m", "flit_core.wheel", "--outdir", str(tmp_path / "dist")]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    asked = (
        "from cds_service.app import create_app; from cds_service.settings import Settings; "
        "print(create_app(Settings()).test_client().get('/docs/reference/cards.html').text)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "EmergencyEscalate" in answer.stdout


def test_the_package_is_made_after_the_documentation():
    text = (Path(ROOT) / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^wheel: docs$", text, re.MULTILINE)


def program(path: Path, does: str) -> None:
    path.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    path.chmod(0o755)


def test_the_service_starts_with_its_documentation_and_without_it_where_it_cannot_be_had(tmp_path):
    """The recipes of the Makefile, in a folder where the generator is there, and in one where it is not."""
    for generator, told in (("true", "Building"), ("false", "Going on without the documentation")):
        folder = tmp_path / generator
        (folder / ".venv" / "bin").mkdir(parents=True)
        for name in (
            "docs",
            "cds_service",
            "scripts/documentation",
            "fhir_fixtures",
            "tests/scenarios",
        ):
            (folder / name).mkdir(parents=True)
        for name in ("Makefile", "README.md", "mkdocs.yml", "pyproject.toml", *LOCKS):
            shutil.copy(ROOT / name, folder)
        for name in ("fhir_fixtures/README.md", "tests/scenarios/README.md"):
            shutil.copy(ROOT / name, folder / name)
        program(folder / ".venv" / "bin" / "python", generator)
        program(folder / ".venv" / "bin" / "spine-cds", 'echo "started: $*"')
        program(folder / "scripts" / "install.sh", "true")
        done = subprocess.run(
            ["make", "serve", "PORT=8123"], cwd=folder, capture_output=True, text=True, check=True
        )
        assert told in done.stdout + done.stderr
        assert "started: serve --port 8123" in done.stdout
