"""Compute a selection of Dijous again from its file, and say whether it is the same.

    python3 selection.py selection.json

Needs Python 3.9 or newer and nothing else; it knows nothing of the program that made the file. It reads the criteria,
the facts of each petition and who was left out for a reason, and computes scores, order, places and reserve.
"""

import json
import sys
from fractions import Fraction
from pathlib import Path


def most(criterion, petitions):
    """The most that an answer counts for."""
    key, kind = criterion["key"], criterion["kind"]
    if kind == "number":
        numbers = [Fraction(each["facts"].get(key, 0)) for each in petitions if not each["left_out"]]
        return max(numbers, default=Fraction(0))
    return Fraction({"yes_no": 1, "choice": len(criterion["options"]), "text": 10}[kind])


def value(criterion, petition, top):
    """1 or 0, the share of the highest number, the place of a choice, or the points of a text."""
    fact = min(Fraction(petition["facts"].get(criterion["key"], 0)), top)
    if criterion["kind"] != "number":
        return fact
    return fact / top if top else Fraction(0)


def score(petition, tops):
    """Sum of weight x value."""
    return sum((each["weight"] * value(each, petition, top) for each, top in tops), Fraction(0))


def compute(selection):
    """(petition id, outcome, score, place in the reserve) of all: offered, reserve, left out."""
    tops = [(each, most(each, selection["petitions"])) for each in selection["criteria"]]
    scores = {each["id"]: score(each, tops) for each in selection["petitions"]}
    order = sorted(selection["petitions"], key=lambda each: (-scores[each["id"]], each["received_at"], each["id"]))
    held, limit = dict(selection["held"]), selection["per_entity"]
    offered, reserve, declined = [], [], []
    for petition in order:
        code = petition["entity"]
        if petition["left_out"]:
            declined.append(petition["id"])
        elif len(offered) < selection["places"] and (limit is None or held.get(code, 0) < limit):
            held[code] = held.get(code, 0) + 1
            offered.append(petition["id"])
        else:
            reserve.append(petition["id"])
    return (
        [(each, "offered", scores[each], None) for each in offered]
        + [(each, "reserve", scores[each], turn) for turn, each in enumerate(reserve, start=1)]
        + [(each, "declined", scores[each], None) for each in declined]
    )


def recorded(selection):
    """The same as the file says it."""
    return [(each["id"], each["outcome"], Fraction(each["score"]), each["reserve"]) for each in selection["petitions"]]


def name(petition_id, selection):
    code = next(each["entity"] for each in selection["petitions"] if each["id"] == petition_id)
    return selection["official_data"].get(code, {}).get("name", code)


def main(path):
    selection = json.loads(Path(path).read_text(encoding="utf-8"))
    computed = compute(selection)
    for petition_id, outcome, points, turn in computed:
        place = f"{outcome} {turn}" if turn else outcome
        print(f"{place:12} {float(points):10.4f}  {name(petition_id, selection)}  ({petition_id})")
    is_same = computed == recorded(selection)
    print("The same as the file says." if is_same else "NOT what the file says.")
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
