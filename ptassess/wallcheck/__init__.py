"""The attack suite: submissions that attack the judge, each beside a judge without a wall, where it must succeed."""
