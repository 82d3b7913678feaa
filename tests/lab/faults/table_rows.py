"""A table in Markdown, of cells by row and column."""

from collections.abc import Mapping


def table(cells: Mapping[tuple[str, str], str]) -> str:
    """Rows and columns in the order in which they come; what has no cell stays empty."""
    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    lines = [["fault", *columns], ["---"] * (len(columns) + 1)]
    lines += [[row, *(cells.get((row, column), "") for column in columns)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
