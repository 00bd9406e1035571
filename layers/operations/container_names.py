"""Names for containers that got none: an adjective and somebody who moved computing on, as docker has it."""

import secrets
from typing import Final

ADJECTIVES: Final = """
agile amber autumn bold brave bright brisk calm candid clever cosy crisp curious daring eager early
elegant fair fleet fond frank gentle glad golden happy hardy humble jolly keen kind lively loyal
lucid lucky mellow merry mindful neat nimble noble patient placid plucky polite quick quiet ready
serene sharp silver sincere sleek snug sober spry steady sunny swift tender tidy upbeat vivid warm
wise witty zesty
"""
PEOPLE: Final = """
allen babbage backus bartik boole brooks cerf cheriton church clarke codd conway cray diffie
dijkstra engelbart estrin feinler floyd goldberg goldwasser hamilton hamming hellman holberton
hollerith hopper huffman hypatia iverson johnson kahn karp kay kernighan kleene knuth lamarr lamport
leibniz liskov lovelace mauchly mccarthy mcclure meitner merkle milner minsky moore naur neumann
newell noether pascal perlis perlman postel rabin ritchie rivest sammet shamir shannon shaw simon
stallman sutherland tarjan thompson torvalds turing ulam wilkes wilkinson wing wirth yao zuse
"""


def generated_name(attempt: int) -> str:
    """``adjective_person``, after the first attempt with a digit."""
    digit = str(secrets.randbelow(10)) if attempt else ""
    return f"{secrets.choice(ADJECTIVES.split())}_{secrets.choice(PEOPLE.split())}{digit}"
