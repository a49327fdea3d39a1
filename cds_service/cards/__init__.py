"""An assessment in a clinician's words: which cards, what they say, what one click does.

Every sentence comes from the guideline's wording; text of the record is always escaped.
"""
