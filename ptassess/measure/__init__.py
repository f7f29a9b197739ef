"""The instrument: how speed is measured so that it can be believed."""
