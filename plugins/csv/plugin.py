"""The exporter ``csv``: one row a check, for spreadsheets and data frames."""

from ptassess import hookimpl
from ptassess.hookspecs import Exporter

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # begins what a spreadsheet computes


def write_csv(runs, path):
    """Write every check of every run, with the points that it earned; no text of a candidate's is a formula."""
    from ptassess import frames

    table = frames.checks(runs)
    for name in table.columns:
        table[name] = table[name].map(
            lambda cell: f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
        )
    table.to_csv(path, index=False)


@hookimpl
def ptassess_exporters():
    """Register it."""
    return Exporter(name="csv", summary="one row a check, as comma-separated values", write=write_csv)
