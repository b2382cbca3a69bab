"""Questions to timelines: may I, from when, is it normal, and why. Pure; the clock comes in from outside."""
