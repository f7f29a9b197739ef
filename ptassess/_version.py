"""The one place that holds the version; both wheels and the package read it here."""

__version__ = "0.1.0"
