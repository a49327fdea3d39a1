"""What the name of an observation means, written in full or cut short."""

from __future__ import annotations

import pytest

from tests import shipped


@pytest.mark.parametrize(
    ("written", "name", "of"),
    [
        ("Post void residual", "post void residual", "obs-pvr"),
        ("Post voi residual", "post void residual", "obs-pvr"),
        ("Pos void residual", "post void residual", "obs-pvr"),
        ("Postv residual", "postvoid residual", "obs-pvr"),
        ("postvoid residual volume", "postvoid residual", "obs-pvr"),
        ("Bladder scan", "bladder scan", "obs-pvr"),
        ("Blad scan volume", "bladder scan", "obs-pvr"),
        ("Musc power left leg", "muscle power", "obs-mrc"),
        ("Mus power", "muscle power", "obs-mrc"),
        ("Muscle pow", "muscle power", "obs-mrc"),
        ("Anal tone", "anal tone", "reduced-anal-tone"),
        ("Ana tone", "anal tone", "reduced-anal-tone"),
        ("Sadd sensation", "saddle sensation", "saddle-anesthesia"),
        ("Saddle anesthesia", "saddle anesthesia", "saddle-anesthesia"),
        ("Babinski sign", "babinski sign", "umn-signs"),
        ("C react protein", "c reactive protein", "obs-crp"),
        ("C reactive prot", "c reactive protein", "obs-crp"),
        ("Eryth sedimentation rate", "erythrocyte sedimentation", "obs-esr"),
        ("Body temperature", "temperature", "obs-temperature"),
        ("Body temp", "body temp", "obs-temperature"),
        ("White blood cell count", "white blood cell", "obs-wbc"),
        ("PCR", "pcr", "obs-crp"),
        ("PCR HIV", "hiv", "hiv-asymptomatic"),
        ("HIV PCR", "hiv", "hiv-asymptomatic"),
        ("Blood cult", "blood culture", "bacteremia"),
        ("Urine culture", "urine culture", "recent-bacterial-infection"),
        ("Serum creatinine", "creatinine", "obs-creatinine"),
        ("Prostate specific antigen", "prostate specific antigen", "obs-psa"),
        ("Weight loss", "weight loss", "weight-loss"),
    ],
)
def test_a_name_is_that_of_its_longest_phrase_in_full_or_cut_short(
    written: str, name: str, of: str
) -> None:
    found = shipped.index().observation_names.match(written)
    assert found is not None
    assert (found.name, found.measures or found.grades or found.means or found.amount) == (name, of)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Po void residual",
        "Bl scan",
        "Musc pow",
        "Heart rate",
        "Height",
        "Denies saddle anesthesia",
        "No saddle anesthesia",
        "Urine creatinine",
        "Creatinine clearance",
    ],
)
def test_what_is_cut_too_short_denied_or_of_something_else_is_no_name(written: str) -> None:
    assert shipped.index().observation_names.match(written) is None


@pytest.mark.parametrize(
    ("written", "is_function"),
    [("Anal tone", True), ("Normal anal tone", True), ("Reduced anal tone", False)],
)
def test_a_name_that_says_the_loss_itself_is_one_of_a_finding(
    written: str, *, is_function: bool
) -> None:
    found = shipped.index().observation_names.match(written)
    assert found is not None
    assert found.is_function is is_function
