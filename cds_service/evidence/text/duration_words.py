"""The words of a stated duration: units, amounts, and what tells a symptom's length from another one's."""

from __future__ import annotations

from typing import Final

from cds_service.evidence.text.words import word_set

DAYS_PER_UNIT: Final = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
"""Calendar units as days, rounded as the guideline rounds a month."""

UNIT_OF_WORD: Final = {
    word: unit
    for unit, words in {
        "hour": "h hr hrs hour hours",
        "day": "d day days",
        "week": "w wk wks week weeks",
        "fortnight": "fortnight fortnights",
        "month": "mo mos mth mths mnth mnths month months",
        "year": "y yr yrs year years",
    }.items()
    for word in words.split()
}
BARE_PLURALS: Final = word_set("days weeks wks months mths years yrs")
"""`for months`, without an amount."""

UNIT_OF_FRACTION: Final = {"7": "day", "52": "week", "12": "month"}
"""The clinical shorthand 4/7, 6/52, 3/12."""
LARGEST_FRACTION: Final = {"7": 21, "52": 104, "12": 36}
"""No one writes more; 24/7 is no duration."""

_AMOUNT_WORDS: Final = "one two three four five six seven eight nine ten eleven twelve"
AMOUNT_OF_WORD: Final = {word: amount for amount, word in enumerate(_AMOUNT_WORDS.split(), start=1)}
VAGUE_AMOUNTS: Final = {"couple": (2, 3), "few": (2, 6), "several": (2, 12), "many": (2, 12)}
"""Least and most units. Wide on purpose: `a few weeks` is neither surely under nor surely over six."""
BARE_AMOUNT: Final = (2, 12)

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
WEEKDAYS: Final = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun"
)

SYMPTOMS: Final = word_set(
    "pain pains painful ache aches aching achy backache neckache lbp sciatica lumbago cervicalgia "
    "dorsalgia radiculopathy radicular numbness numb tingling paresthesia paresthesias paraesthesia "
    "paraesthesiae weakness weak symptom symptoms sx complaint complaints spasm spasms soreness sore "
    "discomfort hurting hurts claudication retention incontinence"
)
COURSE: Final = word_set(
    "improvement improving improve improved better relief persisting persistent persists persisted "
    "unresolved resolving resolved response responding"
)
"""Words of the course of symptoms; with a `no` before them they still speak of symptoms."""
WORSENING: Final = word_set(
    "worse worsening worsened worsens exacerbation exacerbated flare flared increasing increased progressing"
)
"""Pain that got worse three weeks ago began at least three weeks ago."""
OTHER_TOPICS: Final = word_set(
    # care
    "pt physio physiotherapy therapy therapies chiro chiropractic chiropractor exercise exercises hep "
    "rehab nsaid nsaids analgesic analgesics opioid opioids steroid steroids antibiotic antibiotics "
    "medication medications medicine meds tablets prednisone ibuprofen naproxen gabapentin treatment "
    "treatments treated tx conservative care management mgmt brace bracing rest injection injections "
    "esi course massage acupuncture traction trial tried supply refill "
    # what happened, was done or will be done
    "surgery surgical operation operated op postop postoperative fusion laminectomy discectomy acdf "
    "procedure admission admitted discharge discharged hospital visit visits seen appointment follow "
    "followup fu rtc return returns recheck review repeat reassess reevaluate schedule scheduled mri ct "
    "ray xray scan imaging radiograph radiographs films diagnosed dx remission cancer chemo chemotherapy "
    "radiation session sessions valid expires "
    # other lengths of time
    "pregnant pregnancy gestation postpartum smoker smoking smokes smoked diabetes hypertension age aged "
    "old free off work leave job driving flight travel trip leaving vacation wait waiting stiffness "
    "lasts episode episodes"
)
NEGATIONS: Final = word_set("no not denies denied without never nil")
NEUTRAL: Final = word_set(
    "for x since about approx approximately around roughly circa ca c over more than longer greater at "
    "least under less up to past last the of a an now ongoing present lasting lasted duration onset began "
    "begun started starting start beginning history h o hx ago has had have been is was with patient "
    "reports still continuous constant chronic acute subacute intermittent gradual sudden insidious "
    "progressive and in on or nearly almost total time male female man woman m f yo it this that reason "
    "indication its s almost early late mid few couple several many half new same well day days week weeks month "
    "months year years yesterday today"
)
ADJECTIVES: Final = word_set(
    "low lower upper mid back neck leg arm thoracic lumbar cervical buttock hip bilateral left right sided "
    "severe mild moderate worsening progressive progressively gradually slowly persistent constant chronic "
    "acute intermittent radicular radiating new ongoing continuous increasing the foot hand spine spinal "
    "nerve unexplained night mechanical urinary"
)
"""Words between a length and the symptom that it names: `6 weeks of worsening low back pain`."""
TIES: Final = word_set("of history h o hx")
PREFIXES: Final = word_set(
    "for x about approx approximately around roughly circa ca nearly almost another over more than longer greater "
    "at least under less to past last the ~ > < = + good"
)
"""Directly before an amount these belong to it."""
BINDING_PREFIXES: Final = word_set("for x past last")
BEFORE_THE_LAST: Final = word_set("the for over in during x")
LOOKING_BACK: Final = word_set("past last")
NEVER_BEFORE: Final = word_set(
    "within every each per until next before by age aged q times time once twice up follow fu"
)
"""Directly before an amount these make it a date to come, a rate or an age."""
AGE_AFTER: Final = word_set("old yo male female man woman lady gentleman boy girl m f")
RATE_AFTER: Final = word_set("per each apart later supply")
EVENT_AFTER: Final = word_set(
    "post after following before prior postop postpartum gestation from s"
)
"""Time since an event (`6 weeks post fusion`, `s/p`), unless `for` or `x` ties it to a symptom."""
ONSETS: Final = word_set(
    "since onset began begun started starting start starts beginning developed woke"
)
BETWEEN_ONSET_AND_DATE: Final = word_set(
    "in on of about around approx early late mid was the back : - ~"
)
NOT_A_FRACTION_BEFORE: Final = word_set(
    "disc discs disk level levels l c t s grade score power strength mrc on from seen dated date dob since onset "
    "session visit to reflexes"
)
"""Before 6/7 or 3/12 these make it a spinal level, a grade, a date or a count."""
