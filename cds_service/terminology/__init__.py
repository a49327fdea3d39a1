"""Makes a site's vocabulary from releases and files that the site is licensed for. Run by hand, never in a call."""
