"""Your solution."""


def quantise(weights, artefact):
    """Write the model into a file."""
    raise NotImplementedError


def load(artefact):
    """Read it in another process."""
    raise NotImplementedError


def forward(model, x):
    """Its outputs, ``(n, classes)``."""
    raise NotImplementedError
