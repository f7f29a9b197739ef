"""Nothing happens beside the candidate's code."""
