"""The exporter ``csv``: one row a check, for spreadsheets and data frames."""

from ptassess import hookimpl
from ptassess.hookspecs import Exporter


def write_csv(runs, path):
    """Write every check of every run, with the points that it earned."""
    from ptassess import frames

    frames.checks(runs).to_csv(path, index=False)


@hookimpl
def ptassess_exporters():
    """Register it."""
    return Exporter(name="csv", summary="one row a check, as comma-separated values", write=write_csv)
