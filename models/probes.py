"""Hard sentences of our own, for the model cards: none of them was trained on or decided by."""

from __future__ import annotations

from collections.abc import Sequence

#: Each with what a careful reader would say, and why it is hard. "mixed" is right with either lean.
PROBES: Sequence[tuple[str, str, str]] = (
    ("He resigned to spare his party the vote.", "opinion", "a motive nobody is named for"),
    ("She only visits when she needs money.", "opinion", "a motive nobody is named for"),
    ("Great, another two-hour delay.", "opinion", "sarcasm"),
    ("What a lovely surprise: the bill came to twice the estimate.", "opinion", "sarcasm"),
    (
        "Of course the committee found that the committee had done nothing wrong.",
        "opinion",
        "sarcasm",
    ),
    ("So much for the promised transparency.", "opinion", "a verdict without a verb"),
    (
        "The same people who closed the library now tell us to read more.",
        "opinion",
        "a reproach in the form of a report",
    ),
    (
        "Not a single minister has had the decency to visit.",
        "opinion",
        "a reproach in the form of a report",
    ),
    (
        "Ask anyone who has waited there for a night bus.",
        "opinion",
        "a verdict in the form of an instruction",
    ),
    ("Good luck finding a seat after eight.", "opinion", "a verdict in the form of a wish"),
    ("The strike will be over before the week is out.", "opinion", "a prediction"),
    (
        "Prices doubled because the council looked away.",
        "opinion",
        "a cause that is the writer's reading",
    ),
    ("Voters there have always distrusted the capital.", "opinion", "a sweeping statement"),
    ("Children learn more from a garden than from a screen.", "opinion", "a sweeping statement"),
    ("It reads like a first draft.", "opinion", "a comparison that nobody can measure"),
    ("Who could possibly want this?", "opinion", "a rhetorical question"),
    ("Since when does a school need a marketing department?", "opinion", "a rhetorical question"),
    (
        "The shameless nine-to-four vote handed the meadow to a developer.",
        "mixed",
        "a verdict inside a report",
    ),
    ("Luckily, only three of the windows broke.", "mixed", "a verdict inside a report"),
    ("She called the plan a disgrace.", "fact", "reported speech"),
    ("According to the union, the offer is a bad joke.", "fact", "reported speech"),
    ("The company admitted that its own product was useless.", "fact", "reported speech"),
    ("The bridge is the longest in the country.", "fact", "a superlative that can be measured"),
    ("A cold engine burns more fuel than a warm one.", "fact", "textbook knowledge"),
    ("I have not eaten meat since March.", "fact", "first person, checkable"),
    ("The law would have taken effect in June.", "fact", "a plan on record"),
    (
        "The club fell into administration in the spring.",
        "fact",
        "a figure of speech with an event behind it",
    ),
    ("Does the pass cover buses as well?", "other", "a real question"),
    ("Wear thick gloves when you handle the glass.", "other", "an instruction"),
    ("The best rooftop bars in town", "other", "a heading with a verdict in it"),
)
