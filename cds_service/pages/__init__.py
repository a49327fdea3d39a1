"""The family of pages: one frame, one set of colors, one way to show a table, a state, a plot."""
