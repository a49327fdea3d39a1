"""The CDS Hooks wire format, in and out. Knows nothing about spines; does no input or output of its own."""
