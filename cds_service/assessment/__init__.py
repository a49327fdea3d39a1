"""Findings to criteria, groups, scenario, appropriateness and urgency; and the checks of the order itself.

Pure: the record, the orders, the guideline and the day go in, an assessment comes out.
"""
