"""Many treatments in, one plan each out: rows are read, planned and written one after the other."""
