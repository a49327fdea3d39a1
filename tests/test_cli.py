"""The command line."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service import __version__, cli
from cds_service.cli import commands, opening_screen, refuse_taken_address
from cds_service.errors import SettingsError
from cds_service.settings import Settings
from tests.command_line import run_here, run_process

ROOT = Path(__file__).parents[1]


def test_the_version_is_told():
    assert run_process("--version").stdout.strip() == f"spine-cds, version {__version__}"


def test_wrong_settings_end_with_2_and_one_line_a_mistake():
    result = run_process("serve", SPINE_CDS_PORT="x", SPINE_CDS_NOTHING="1")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 3


def test_wrong_usage_ends_with_2(capsys):
    assert run_here(capsys, "serve", "--port", "eight").returncode == 2
    assert run_here(capsys, "bake").returncode == 2


def test_open_mode_on_a_public_address_does_not_start(capsys):
    result = run_here(capsys, "serve", "--host", "0.0.0.0")
    assert result.returncode == 2
    assert "SPINE_CDS_OPEN" in result.stderr


def test_a_key_file_that_is_not_there_is_one_line_before_anything_starts(tmp_path):
    clients = [
        {"issuer": f"https://{name}.example.org", "jwks_file": str(tmp_path / f"{name}.json")}
        for name in ("one", "two")
    ]
    (tmp_path / "two.json").write_text('{"keys": []}')
    result = run_process("serve", SPINE_CDS_TRUSTED_CLIENTS=json.dumps(clients))
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    heading, one, two = result.stderr.splitlines()
    assert heading == "The configuration is wrong:"
    assert "one.json" in one
    assert "No such file" in one
    assert "two.json" in two


def test_options_reach_the_workers(monkeypatch, tmp_path):
    config = tmp_path / "cds.toml"
    config.write_text('SPINE_CDS_MODE = "silent"\n')
    started: list[Settings] = []
    monkeypatch.setattr(cli, "_serve", started.append)
    environ: dict[str, str] = {}
    monkeypatch.setattr(cli, "refuse_taken_address", lambda _host, _port: None)
    monkeypatch.setattr(cli, "prepare_history", lambda _settings: None)
    monkeypatch.setattr("os.environ", environ)
    result = CliRunner().invoke(commands, ["serve", "--port", "9001", "--config", str(config)])
    assert result.exit_code == 0, result.output
    assert (started[0].port, started[0].mode) == (9001, "silent")
    assert environ == {"SPINE_CDS_PORT": "9001", "SPINE_CDS_CONFIG": str(config)}


def test_a_port_that_is_taken_is_refused_and_a_free_one_is_not():
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match="cannot be bound"):
            refuse_taken_address("127.0.0.1", port)
    refuse_taken_address("127.0.0.1", port)


def test_the_first_screen_comes_when_the_service_answers(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_service", "serve", "--port", str(port)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("Spine imaging decision support")
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.mark.parametrize(
    ("version", "says"),
    [("3.8", ["3.8", "Run: make serve PYTHON=python3.1"]), (None, ["not there"])],
)
def test_an_old_python_is_told_what_to_run_instead(tmp_path, version, says):
    for name, found in (("python3", version), ("python3.12", "3.12")):
        script = tmp_path / name
        is_old = "1" if found == "3.8" else "0"
        script.write_text(
            f'#!/bin/sh\ncase "$1" in --version) echo Python {found};; *) exit {is_old};; esac\n'
        )
        script.chmod(0o755)
    if version is None:
        (tmp_path / "python3").unlink()
        (tmp_path / "python3.12").unlink()
    result = subprocess.run(
        ["/bin/bash", ROOT / "scripts" / "check_python.sh", str(tmp_path / "python3"), "serve"],
        env={"PATH": f"{tmp_path}" if version is None else f"{tmp_path}:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    for words in says:
        assert words in result.stderr


def test_the_first_screen_says_what_to_open_next():
    screen = opening_screen(Settings(port=9000), has_documentation=True)
    assert "http://127.0.0.1:9000/docs\n" in screen
    assert "http://127.0.0.1:9000/cds-services" in screen
    assert "serviceDiscoveryURL=http%3A%2F%2F127.0.0.1%3A9000%2Fcds-services" in screen
    assert len(screen.splitlines()) < 24


def test_the_first_screen_gives_no_address_that_answers_with_an_error():
    screen = opening_screen(Settings(port=9000), has_documentation=False)
    (line,) = [line for line in screen.splitlines() if "Documentation" in line]
    assert "folder docs/" in line
    assert "make docs" in line
