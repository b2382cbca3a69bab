"""Lines of JSON at speed: the bytes of `views.json`, put together from parts that are built once and filled in often.

`parts` takes what applies to a person apart by activity; `shapes` frees each part from its date; `drawing`
writes it with gaps where dates go; `line` orders the parts of one plan and fills the gaps; `people` finds who shares
parts; `planner` does it all, and takes the long way wherever one of these can't be sure.
"""
