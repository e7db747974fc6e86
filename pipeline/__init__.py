"""Two papers on VAEs of faces as one pipeline. Each subpackage has one subject: see docs/architecture.md."""
