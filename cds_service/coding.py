"""Codes and code systems: one short word a system, and codes in one spelling.

The short words are those of the knowledge files: snomed, icd10cm, icd10, icd9cm, loinc, rxnorm, cpt, atc.
`icd10` is WHO's edition and every national edition that keeps its first four characters.
"""

from __future__ import annotations

import re
from typing import Final

SYSTEM_URIS: Final = {
    "snomed": "http://snomed.info/sct",
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "icd9cm": "http://hl7.org/fhir/sid/icd-9-cm",
    "loinc": "http://loinc.org",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "cpt": "http://www.ama-assn.org/go/cpt",
    "atc": "http://www.whocc.no/atc",
}
"""Canonical URI of each code system, as we write it (HL7 Terminology, external code systems)."""
STATED_SYSTEM: Final = "https://spine-imaging-cds.github.io/fhir/CodeSystem/stated"
"""Code system of the answers that the orderer gives on a card."""
STATED_PREFIX: Final = "answer-"
"""What the id of a suggestion has before the code of its answer."""

_BY_OID: Final = {
    "2.16.840.1.113883.6.96": "snomed",
    "2.16.840.1.113883.6.90": "icd10cm",
    "2.16.840.1.113883.6.3": "icd10",
    "2.16.840.1.113883.6.135": "icd10",  # Australia
    "2.16.840.1.113883.6.94": "icd10",  # Canada
    "2.16.840.1.113883.6.42": "icd9cm",
    "2.16.840.1.113883.6.2": "icd9cm",
    "2.16.840.1.113883.6.103": "icd9cm",
    "2.16.840.1.113883.6.1": "loinc",
    "2.16.840.1.113883.6.88": "rxnorm",
    "2.16.840.1.113883.6.12": "cpt",
    "2.16.840.1.113883.6.73": "atc",
    "1.2.276.0.76.5.409": "icd10",  # Germany, 2012
    "1.2.276.0.76.5.471": "icd10",
    "1.2.276.0.76.5.486": "icd10",
    "1.2.752.116.1.1.1": "icd10",  # Sweden
    "1.2.246.537.6.1": "icd10",  # Finland
}
"""HL7 OID registry and the registries of the countries."""
_TRANSLATIONS: Final = "2.16.840.1.113883.6.3."
"""Arc of the translations of WHO's ICD-10, by language."""

_BY_NAME: Final = {
    # what a URI ends in, or is: table 0396 of HL7 v2, and names met in real data
    **dict.fromkeys(("sct", "sct2", "snomed", "snomedct", "xsct"), "snomed"),
    **dict.fromkeys(("i10c", "i10cm", "icd10us"), "icd10cm"),
    **dict.fromkeys(("i10", "icdten"), "icd10"),
    **dict.fromkeys(("i9", "i9c", "i9cdx", "i9cd"), "icd9cm"),
    **dict.fromkeys(("ln", "lnc", "loinc"), "loinc"),
    **dict.fromkeys(("rxnorm", "rxcui"), "rxnorm"),
    **dict.fromkeys(("cpt", "cpt4", "c4", "c5", "cpt5"), "cpt"),
    **dict.fromkeys(("atc", "atcgm"), "atc"),
}
_NO_DIAGNOSES: Final = re.compile(
    r"pcs|proc(?:edures?)?(?:icd|\b)|icdo|icd11|icf\b|cmsgov/medicare/coding/icd10|i9cp|i10p"
)
"""Lists of procedures, of morphology, of functioning, and the eleventh revision: beside ICD-10 in name only."""
_TEN: Final = re.compile(r"(?:icd|cid|cim|cie|mkb|\u043c\u043a\u0431|idwhoint/icd/release/)10")
"""The tenth revision by its name in English, Portuguese, French, Spanish and Russian."""
_TEN_CM: Final = re.compile(r"icd10(?:cm|us)|mimicdiagnosisicd10")
_NINE: Final = re.compile(r"(?:icd|cid|cim|cie)9")
_HOSTS: Final = (
    ("snomed.info", "snomed"),
    ("loinc.org", "loinc"),
    ("nlm.nih.gov/research/umls/rxnorm", "rxnorm"),
    ("rxnav.nlm.nih.gov", "rxnorm"),
    ("ama-assn.org/go/cpt", "cpt"),
    ("ama-assn.org/cpt", "cpt"),
    ("whocc.no/atc", "atc"),
)
_SCHEME: Final = re.compile(r"https?://(?:www\.)?")
_OID: Final = re.compile(r"(?:urn:oid:|oid:)?(\d+(?:\.\d+){4,})")
_BETWEEN: Final = re.compile(r"[-_ .]+")
_NAME: Final = re.compile(r"[^/:#?=]+$")
WHO_LENGTH: Final = 4
"""Characters, without the dot, at which WHO's ICD-10 and its national editions agree, ICD-10-CM almost always."""
_CATEGORY: Final = 3
"""Characters before the dot."""
_BY_URI: Final = {uri: word for word, uri in SYSTEM_URIS.items()}
_PROCEDURE_OF_ICD9: Final = re.compile(r"\d\d\.\d{1,2}")


def system_name(uri: str | None) -> str | None:
    """Short word of a code system, or None for a system that is not ours (or none given).

    Reads canonical URIs with or without a version, OIDs (with or without `urn:oid:`), SNOMED CT editions and
    modules, national editions of ICD-10 by their names, and spellings seen in real records; white space around
    it and the case of its letters are ignored.
    """
    if not uri:
        return None
    known = _BY_URI.get(uri)
    if known is not None:
        return known
    folded = uri.strip().lower().partition("|")[0].rstrip("/#")
    oid = _OID.fullmatch(folded)
    if oid is not None:
        return _BY_OID.get(oid[1]) or ("icd10" if oid[1].startswith(_TRANSLATIONS) else None)
    scheme = _SCHEME.match(folded)
    if scheme is not None:
        place = folded[scheme.end() :]
        for host, word in _HOSTS:
            if place == host or place.startswith((f"{host}/", f"{host}?")):
                return word
    return _by_name(folded)


def _by_name(folded: str) -> str | None:
    """By the name that a URI ends in, or that stands in place of one."""
    squeezed = _BETWEEN.sub("", folded)
    last = _NAME.search(squeezed)
    known = _BY_NAME.get(last[0]) if last is not None else None
    if known is not None or _NO_DIAGNOSES.search(squeezed) is not None:
        return known
    if _TEN_CM.search(squeezed) is not None:
        return "icd10cm"
    if _TEN.search(squeezed) is not None:
        return "icd10"
    return "icd9cm" if _NINE.search(squeezed) is not None else None


def plain_code(system: str | None, code: str) -> str:
    """The code in the one spelling that the knowledge files use.

    ICD codes are upper case without the dot, and without the dagger or asterisk of a pair; all others lose only
    the white space around them. A procedure of ICD-9-CM keeps its dot: `80.51` is no code of a vertebra.
    """
    code = code.strip()
    if system == "icd9cm" and _PROCEDURE_OF_ICD9.fullmatch(code):
        return code
    if system in ("icd10cm", "icd10", "icd9cm"):
        return code.replace(".", "").upper().rstrip("*+\u2020! ")
    return code


def written_code(system: str | None, code: str) -> str:
    """A plain code as people write it: ICD codes with their dot."""
    if system not in ("icd10cm", "icd10", "icd9cm") or "." in code:
        return code
    category = _CATEGORY + (system == "icd9cm" and code.startswith("E"))
    return f"{code[:category]}.{code[category:]}" if len(code) > category else code
