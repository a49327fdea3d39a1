"""Codes and code systems: one short word a system, and codes in one spelling.

The short words are those of the knowledge files: snomed, icd10cm, icd10, icd9cm, loinc, rxnorm, cpt, atc.
"""

from __future__ import annotations

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

_ALIASES: Final = {
    # object identifiers, HL7 OID registry
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "urn:oid:2.16.840.1.113883.6.90": "icd10cm",
    "urn:oid:2.16.840.1.113883.6.3": "icd10",
    "urn:oid:2.16.840.1.113883.6.103": "icd9cm",
    "urn:oid:2.16.840.1.113883.6.1": "loinc",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.12": "cpt",
    "urn:oid:2.16.840.1.113883.6.73": "atc",
    # spellings met in real data
    "https://snomed.info/sct": "snomed",
    "http://snomed.info": "snomed",
    "http://snomed.info/id": "snomed",
    "snomed": "snomed",
    "snomed-ct": "snomed",
    "snomedct": "snomed",
    "https://hl7.org/fhir/sid/icd-10-cm": "icd10cm",
    "icd-10-cm": "icd10cm",
    "icd10cm": "icd10cm",
    "https://hl7.org/fhir/sid/icd-10": "icd10",
    "icd-10": "icd10",
    "http://fhir.de/codesystem/bfarm/icd-10-gm": "icd10",
    "http://fhir.de/codesystem/dimdi/icd-10-gm": "icd10",
    "http://hl7.org/fhir/sid/icd-9": "icd9cm",
    "https://loinc.org": "loinc",
    "loinc": "loinc",
    "https://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "rxnorm": "rxnorm",
    "https://www.ama-assn.org/go/cpt": "cpt",
    "http://www.ama-assn.org/cpt": "cpt",
    "cpt": "cpt",
    "http://www.whocc.no/atc/": "atc",
    "https://www.whocc.no/atc": "atc",
}
_ICD10_CATEGORY: Final = 3
"""Characters before the dot."""
_BY_URI: Final = {uri: word for word, uri in SYSTEM_URIS.items()} | _ALIASES


def system_name(uri: str | None) -> str | None:
    """Short word of a code system, or None for a system that is not ours (or none given).

    Reads canonical URIs, OIDs (with or without `urn:oid:`), the SNOMED CT edition form and spellings seen in
    real records; white space around it and the case of its letters are ignored.
    """
    if not uri:
        return None
    known = _BY_URI.get(uri)
    if known is not None:
        return known
    folded = uri.strip().lower().rstrip("/")
    known = _BY_URI.get(folded)
    if known is not None:
        return known
    if folded.startswith("2.16.840."):
        return _BY_URI.get(f"urn:oid:{folded}")
    if folded.startswith(("http://snomed.info/sct/", "https://snomed.info/sct/")):
        return "snomed"
    if folded.startswith(("http://loinc.org/", "https://loinc.org/")):
        return "loinc"
    return None


def plain_code(system: str | None, code: str) -> str:
    """The code in the one spelling that the knowledge files use.

    ICD codes are upper case without the dot; all others lose only the white space around them.
    """
    code = code.strip()
    if system in ("icd10cm", "icd10", "icd9cm"):
        return code.replace(".", "").upper()
    return code


def written_code(system: str | None, code: str) -> str:
    """A plain code as people write it: ICD-10 codes with their dot."""
    if system in ("icd10cm", "icd10") and len(code) > _ICD10_CATEGORY:
        return f"{code[:_ICD10_CATEGORY]}.{code[_ICD10_CATEGORY:]}"
    return code
