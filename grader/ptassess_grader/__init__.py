"""The private half of ptassess. It has no code of its own: ``ptassess.content`` finds its ``_bundle`` by path."""
