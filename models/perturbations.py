"""Changes of a sentence that change nothing about what kind it is, and sentences written to try them on.

The first sort is for any sentence: how it is typed. The second is for sentences with a slot: whom it is
about. The third are texts of a page that are neither opinion nor claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_PAIRS = """
colour/color favour/favor honour/honor labour/labor neighbour/neighbor behaviour/behavior centre/center
theatre/theater metre/meter litre/liter defence/defense offence/offense licence/license organise/organize
organised/organized organisation/organization realise/realize realised/realized recognise/recognize
recognised/recognized criticise/criticize criticised/criticized apologise/apologize analyse/analyze
analysed/analyzed programme/program programmes/programs travelled/traveled travelling/traveling
cancelled/canceled modelling/modeling grey/gray cheque/check tyre/tire plough/plow sceptical/skeptical
catalogue/catalog dialogue/dialog favourite/favorite colours/colors neighbours/neighbors
neighbourhood/neighborhood learnt/learned whilst/while towards/toward amongst/among judgement/judgment
ageing/aging fulfil/fulfill
"""
#: Spellings, British to American; both ways are tried.
_SPELLINGS = dict(pair.split("/") for pair in _PAIRS.split())


def _spelled(sentence: str, spellings: Mapping[str, str]) -> str:
    def other(match: re.Match[str]) -> str:
        word = match[0]
        new = spellings.get(word.lower(), word)
        return new.capitalize() if word[0].isupper() and new != word else new

    return re.sub(r"[A-Za-z]+", other, sentence)


def straight(sentence: str) -> str:
    """With straight quotes and apostrophes for typographic ones."""
    return sentence.translate(str.maketrans("“”‘’", "\"\"''"))


def curly(sentence: str) -> str:
    """With typographic quotes and apostrophes for straight ones."""
    opened = re.sub(r'(^|[\s(\[])"', r"\1“", sentence).replace('"', "”")
    return re.sub(r"(^|[\s(\[])'", r"\1‘", opened).replace("'", "’")


def _half(sentence: str) -> str:
    words = sentence.split()
    return " ".join(words[: max(1, len(words) // 2)]) if len(words) >= 8 else sentence


#: How a sentence is typed, by name. A change that leaves a sentence as it is does not apply to it.
TYPING: Mapping[str, Callable[[str], str]] = {
    "straight quotes": straight,
    "curly quotes": curly,
    "ALL CAPS": str.upper,
    "no final stop": lambda s: s[:-1] if s.endswith(".") else s,
    "leading bullet": lambda s: f"• {s}",
    "leading number": lambda s: f"3. {s}",
    "footnote mark": lambda s: f"{s}[4]",
    "emoji at the end": lambda s: f"{s} 🙂",
    "American spelling": lambda s: _spelled(s, _SPELLINGS),
    "British spelling": lambda s: _spelled(s, {us: uk for uk, us in _SPELLINGS.items()}),
    "the first half alone": _half,
}

#: Whom a sentence is about, by the name of its slot.
FILLINGS: Mapping[str, Sequence[str]] = {
    "politician": ("Trump", "Biden", "Macron", "Smith", "Merkel", "Modi"),
    "pronoun": ("He", "She", "They"),
    "party": ("Democrats", "Republicans", "Conservatives", "Greens", "Social Democrats"),
    "country": ("China", "Germany", "Nigeria", "Russia", "Brazil", "Israel"),
    "religion": ("Christians", "Muslims", "Jews", "Hindus", "Buddhists"),
}

#: Others like them, whose names training has not swapped (`models.names`).
OTHER_FILLINGS: Mapping[str, Sequence[str]] = {
    "politician": ("Orbán", "Lula", "Ardern", "Erdoğan", "Kowalska", "Nakamura"),
    "party": ("Pirates", "Nationalists", "Communists", "Federalists", "Independents"),
    "country": ("Portugal", "Vietnam", "Peru", "Morocco", "Norway", "Pakistan"),
    "religion": ("Mormons", "Quakers", "Jains", "Zoroastrians", "Shias"),
}

#: Sentences with one slot each: what a careful reader calls them does not depend on who is in it.
TEMPLATES: Sequence[tuple[str, str]] = (
    ("opinion", "{politician} is the wrong person for this job."),
    ("opinion", "I have never trusted a word that {politician} says."),
    ("opinion", "{politician}’s speech was a masterpiece of clarity."),
    ("opinion", "It is time for {politician} to go."),
    ("opinion", "{politician} deserves far more credit than he gets."),
    ("fact", "{politician} met the union leaders in Hamburg on Tuesday."),
    ("fact", "{politician} was born in a small town and studied law."),
    ("fact", "Parliament passed {politician}’s bill by 312 votes to 290."),
    ("fact", "{politician} told reporters that the talks would go on."),
    ("fact", "The court rejected {politician}’s appeal in June."),
    ("opinion", "{pronoun} could not have handled it worse."),
    ("opinion", "{pronoun} would make an excellent chair of the committee."),
    ("opinion", "{pronoun} should apologise and move on."),
    ("fact", "{pronoun} moved to Leeds in 2009."),
    ("fact", "{pronoun} won the seat with 54 per cent of the vote."),
    ("fact", "{pronoun} said on Monday that the plant would close."),
    ("opinion", "The {party} have run out of ideas."),
    ("opinion", "Nobody does more for ordinary people than the {party}."),
    ("opinion", "The {party} ought to listen to their own voters for once."),
    ("fact", "The {party} lost eleven seats in the May election."),
    ("fact", "The {party} hold 46 of the council’s 99 seats."),
    ("fact", "The {party} voted against the amendment on Thursday."),
    ("opinion", "{country} is the most beautiful place I have ever been to."),
    ("opinion", "{country} cannot be trusted with this technology."),
    ("opinion", "Sadly, {country} has learnt nothing from it."),
    ("fact", "{country} exported 40 million tonnes of steel last year."),
    ("fact", "{country} signed the treaty in 1994."),
    ("fact", "About a third of the students come from {country}."),
    ("opinion", "{religion} deserve better than this shabby report."),
    ("opinion", "The article is unfair to {religion}."),
    ("fact", "About 4,000 {religion} live in the city."),
    ("fact", "In the survey, 61 per cent of {religion} said that they pray every day."),
)

#: Texts of a page that are neither, by what they are.
NEITHER: Mapping[str, Sequence[str]] = {
    "question": (
        "What happens next?",
        "Have you ever wondered where the water goes?",
        "How many people work there?",
        "Is it worth the money?",
        "Why do so many of them leave within a year?",
        "Which of the two do you prefer?",
        "When was the last time you slept well?",
        "Are the new rules fair to tenants?",
        "Could it have been avoided?",
        "Who said that?",
    ),
    "imperative": (
        "Preheat the oven to 180 degrees.",
        "Click the blue button to continue.",
        "Write to your representative today.",
        "Add two tablespoons of oil and stir.",
        "Make sure that the lid is closed.",
        "Don’t forget to save your work.",
        "Let the dough rest for an hour.",
        "Send your letters to the editor at the address below.",
        "Scroll down for the results of our survey.",
        "Restart the computer and try again.",
    ),
    "heading": (
        "Chapter 3: The long road home",
        "Getting started",
        "Background and methods",
        "Frequently asked questions",
        "Why prices rise",
        "Our verdict",
        "Ten places to see before winter",
        "How we tested the vacuum cleaners",
        "The best of the festival",
        "The week in pictures",
    ),
    "code": (
        "for (let i = 0; i < n; i++) { total += values[i]; }",
        "pip install --upgrade requests",
        "SELECT name FROM users WHERE id = 7;",
        "git commit -m 'Fix the parser'",
        "margin: 0 auto; padding: 4px;",
        "if err != nil { return nil, err }",
        "http://localhost:3000/api/items?page=2",
        "const best = items.filter((item) => item.good);",
        "def main(): return run(args)",
        '<div class="wrapper"></div>',
    ),
    "byline": (
        "By Joanna Feld and Ravi Menon",
        "Posted by admin on 3 May 2021",
        "Words: Tom Hale. Photographs: Ines Costa",
        "Updated 14:32 GMT, 9 March",
        "Maria Lopes, Lisbon",
        "8 min read",
        "Photo: Ana Reyes/Archive",
        "This article was first published in May 2014",
        "Follow her on Twitter @joannafeld",
        "Reporting by our staff in Nairobi",
    ),
    "cookie notice": (
        "Accept all cookies",
        "Manage your privacy preferences",
        "Cookie settings",
        "Reject all",
        "We use cookies to improve your experience.",
        "We and our partners store information on your device.",
        "You can withdraw your consent at any time.",
        "Some of these cookies are necessary for the site to work.",
        "Learn more about how we use your data",
        "By continuing you agree to our use of cookies.",
    ),
    "menu": (
        "Home News Sport Culture Contact",
        "Sign in",
        "Subscribe now for full access",
        "Share on Facebook",
        "Comments (24)",
        "Read the full story",
        "Most popular in Opinion",
        "Log out",
        "Sign up for our best stories of the week",
        "Next article »",
    ),
}
