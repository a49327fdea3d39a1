"""Measures `replay` on a population of any size: the patients of a bulk export again and again, under new ids.

    .venv/bin/python bench/replay.py EXPORT --patients 10000 [--processes 1 2] [--keep FOLDER]

Every third patient (--every N) gets an MRI order of the lumbar spine on the day of its last resource. Prints, for each
number of processes, how long it took with and without the dividing by patient, patients a second, the time of
processors (which a busy machine changes less), and the largest memory of any process. Exit 1: the digests differ.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import tempfile
import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.replay.cases import Day
from cds_service.replay.engine_choice import choose_engine
from cds_service.replay.local import LocalRun, Progress
from cds_service.replay.session import find_input, judge_input
from cds_service.settings import Settings

_DATE = re.compile(rb'"(?:effectiveDateTime|onsetDateTime|authoredOn|started)":"(\d{4}-\d\d-\d\d)')


def main() -> int:
    """Make the population and run over it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=Path)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--keep", type=Path, help="Folder for the population, made if it is not there."
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary, "population")
        if not folder.exists():
            resources = repeat(asked.export, folder, asked.patients, asked.every)
            print(
                f"{asked.patients} patients, {resources / asked.patients:.0f} resources a patient"
            )
        digests = {measure(folder, number, Path(temporary, "work")) for number in asked.processes}
    return 0 if len(digests) == 1 else 1


def repeat(export: Path, folder: Path, patients: int, every: int = 3) -> int:
    """Write so many patients; how many resources that are."""
    charts: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for path in sorted(export.glob("*.ndjson")):
        for line in path.read_bytes().splitlines():
            body = json.loads(line)
            kind = body["resourceType"]
            whose = body.get("subject") or body.get("patient") or {}
            name = body["id"] if kind == "Patient" else whose.get("reference", "").partition("/")[2]
            charts[name].append((kind, line))
    folder.mkdir(parents=True)
    files: dict[str, Any] = {}
    total = 0
    names = sorted(charts)
    for number in range(patients):
        name = names[number % len(names)]
        new = f"{name}-{number}"
        lines = [(kind, line.replace(name.encode(), new.encode())) for kind, line in charts[name]]
        if number % every == 0:
            lines.append(("ServiceRequest", _order(new, lines)))
        for kind, line in lines:
            if kind not in files:
                files[kind] = (folder / f"{kind}.ndjson").open("wb")
            files[kind].write(line + b"\n")
            total += 1
    for file in files.values():
        file.close()
    return total


def _order(patient: str, lines: list[tuple[str, bytes]]) -> bytes:
    days = [day.decode() for _, line in lines for day in _DATE.findall(line)]
    body = {
        "resourceType": "ServiceRequest",
        "id": f"order-{patient}",
        "status": "completed",
        "intent": "order",
        "code": {"text": "MRI lumbar spine without contrast"},
        "reasonCode": [{"text": "Low back pain"}],
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": max(days, default="2020-01-01"),
    }
    return json.dumps(body).encode()


def measure(folder: Path, processes: int, work: Path) -> str:
    """Run once; the digest."""
    began, before = time.monotonic(), os.times()
    judging: list[float] = []

    def tell(progress: Progress) -> None:
        if progress.stage == "reading" and progress.done == progress.total:
            judging.append(time.monotonic())

    choice = choose_engine(Settings(), Day(date(2026, 1, 1), "option"))
    found = find_input((folder,), choice)
    finished = judge_input(found, choice, LocalRun(work, processes, tell=tell))
    ended, after = time.monotonic(), os.times()
    processors = sum(after[:4]) - sum(before[:4])
    patients = finished.details["charts"]["all"]
    whole, alone = ended - began, ended - judging[-1]
    memory = max(
        resource.getrusage(whose).ru_maxrss / 1024
        for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(
        f"{processes} processes: {whole:.1f} s, {patients / whole:.0f} patients/s; "
        f"without dividing {alone:.1f} s, {patients / alone:.0f} patients/s; rows {finished.digest.rows}; "
        f"processors {processors:.1f} s, {processors / patients * 1000:.2f} ms a patient; "
        f"at most {memory:.0f} MiB a process"
    )
    return finished.digest.text


if __name__ == "__main__":
    sys.exit(main())
