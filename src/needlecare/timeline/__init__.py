"""From a rule set, a treatment and facts to a timeline. Pure: no clock, no files, no printing."""
