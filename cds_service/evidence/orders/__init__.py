"""Imaging orders: which drafts are of the spine, what they ask for and why; and studies that were done."""
