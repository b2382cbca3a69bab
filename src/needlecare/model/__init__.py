"""The nouns, immutable: what rules, treatments and timelines are. No files, no clock."""
