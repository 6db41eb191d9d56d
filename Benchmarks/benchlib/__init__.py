"""What the benchmark scripts share: subjects, their confinement, the workspace, statistics."""
