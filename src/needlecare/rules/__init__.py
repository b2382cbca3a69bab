"""From YAML to a checked rule set: the only part of the program that knows how rules are spelt."""
