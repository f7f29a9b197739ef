"""The commands of ``ptassess``, by who types them; ``ptassess.cli`` puts them together."""
