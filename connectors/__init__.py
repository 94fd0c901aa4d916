"""Where a data engineer lives: manifests, transports and formats, from a source's bytes to canonical records."""
