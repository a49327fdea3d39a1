"""A kind of cancer may be named by what it lacks; and a torn aorta in any words."""

from __future__ import annotations

import pytest

from tests.evidence.text.reading import states


@pytest.mark.parametrize(
    "text",
    [
        "triple negative breast cancer",
        "HER2-negative carcinoma of breast",
        "CD-30 negative cutaneous T-cell lymphoma",
        "Philadelphia chromosome-negative acute lymphoblastic leukemia",
        "non-seminomatous malignant neoplasm of testis",
        "triple-negatives Mammakarzinom",
        "cancer du sein triple négatif",
        "cáncer de mama triple negativo",
        "carcinoma mammario triplo negativo",
        "câncer de mama triplo negativo",
        "üçlü negatif meme kanseri",
        "трижды негативный рак молочной железы",
        "سرطان الثدي ثلاثي السلبية",
    ],
)
def test_what_a_cancer_lacks_does_not_deny_it(text: str) -> None:
    assert states(text, "malignancy") == {"stated"}


@pytest.mark.parametrize(
    "text",
    ["biopsy negative for carcinoma", "negative for lymphoma", "PET negative, cancer excluded"],
)
def test_a_negative_test_denies_the_cancer_that_it_looked_for(text: str) -> None:
    assert states(text, "malignancy") == {"denied"}


@pytest.mark.parametrize(
    "text",
    [
        "carcinosarcoma of ovary",
        "lymphosarcoma of spleen",
        "eccrine porocarcinoma",
        "Paget's disease of the nipple",
        "саркома, остеосаркома",
    ],
)
def test_a_compound_of_a_cancer_is_one(text: str) -> None:
    assert states(text, "malignancy") == {"stated"}


@pytest.mark.parametrize("text", ["Paget's disease", "Paget disease of bone"])
def test_the_disease_of_bone_is_no_cancer(text: str) -> None:
    assert states(text, "malignancy") == set()


@pytest.mark.parametrize(
    "text",
    [
        "Dissection of proximal aorta",
        "Type II dissection of the thoracic aorta",
        "Ruptur der thorakalen Aorta",
        "dissection de la partie proximale de l'aorte",
        "disección del segmento distal de la aorta",
        "rottura dell'aorta toracica",
        "dissecção do segmento proximal da aorta",
        "расслоение грудного отдела аорты",
        "aortta diseksiyon",
        "تسلخ القسم الصاعد من الابهر",
    ],
)
def test_a_torn_aorta_is_read_in_any_order_of_words(text: str) -> None:
    assert states(text, "aortic-emergency") == {"stated"}


@pytest.mark.parametrize(
    "text",
    [
        "para-aortic lymph node dissection in 2019",
        "aortic valve stenosis, ruptured Achilles tendon",
        "calcified abdominal aorta",
    ],
)
def test_no_other_tear_and_no_other_aorta_is_an_emergency(text: str) -> None:
    assert states(text, "aortic-emergency") == set()
