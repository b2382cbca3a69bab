"""The formats that a plan can be written in: the suffix of its files, and the view that makes its text."""

from needlecare.model.plan import Timeline

SUFFIXES = {"text": "txt", "json": "json"}


def render(timeline: Timeline, name: str, *, client: str | None = None) -> str:
    """Render *timeline* in the format called *name*; *client* tells people apart where a format needs it."""
    del client
    if name == "json":
        from needlecare.views import json

        return json.render(timeline)
    from needlecare.views import plain

    return plain.render(timeline)
