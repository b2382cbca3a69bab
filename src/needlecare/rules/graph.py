"""Walks over names that lead to names. Each is linear: rule files come from anybody. Knows nothing of rules."""

from collections.abc import Iterator, Mapping, Sequence

# Which names each name leads to; those that it leads to needn't be in it.
Graph = Mapping[str, Sequence[str]]


def groups(graph: Graph) -> list[list[str]]:
    """Return the names in groups that lead to each other; a group comes after those that it leads to.

    A name outside every circle is a group of its own (Tarjan's algorithm, without recursion).
    """
    found: list[list[str]] = []
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_names: list[str] = []
    is_open: set[str] = set()

    def enter(name: str) -> tuple[str, Iterator[str]]:
        number[name] = lowest[name] = len(number)
        open_names.append(name)
        is_open.add(name)
        return name, iter(graph[name])

    for start in graph:
        path = [enter(start)] if start not in number else []
        while path:
            name, further = path[-1]
            inside = next((one for one in further if one in graph and (one not in number or one in is_open)), None)
            if inside is None:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[name])
                if lowest[name] == number[name]:
                    group = _close(name, open_names)
                    is_open.difference_update(group)
                    found.append(group)
            elif inside in number:
                lowest[name] = min(lowest[name], number[inside])
            else:
                path.append(enter(inside))
    return found


def _close(name: str, open_names: list[str]) -> list[str]:
    at = len(open_names) - 1
    while open_names[at] != name:
        at -= 1
    group = open_names[at:]
    del open_names[at:]
    return group


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups whose names lead back to themselves."""
    return [group for group in groups(graph) if len(group) > 1 or group[0] in graph[group[0]]]


def behind(graph: Graph, start: str) -> dict[str, str]:
    """Return every name that *start* leads to, the nearest first, each with the one that leads there."""
    came_from = dict.fromkeys(graph.get(start, ()), start)
    frontier = list(came_from)
    for name in frontier:
        new = dict.fromkeys((further for further in graph.get(name, ()) if further not in came_from), name)
        came_from.update(new)
        frontier.extend(new)
    return came_from


def way_back(graph: Graph, start: str) -> list[str]:
    """Return the shortest way from *start*, which stands in a circle, back to it; it begins and ends with *start*."""
    came_from = behind(graph, start)
    way = [start, came_from[start]]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
