"""The guideline as frozen values: what counts as a red flag, which study fits, what a card says, and who says so."""
