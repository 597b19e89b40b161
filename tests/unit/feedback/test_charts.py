"""The geometry of charts: nothing leaves the picture, heights are in proportion, lines break at gaps."""

import random
from itertools import pairwise

from services.feedback.web import charts


def test_bars_are_in_proportion_and_inside_the_picture() -> None:
    chance = random.Random(1)
    for _ in range(200):
        counts = [chance.randint(0, 500) for _ in range(11)]
        chart = charts.distribution(counts)
        bars = chart.bars
        assert [bar.times for bar in bars] == counts
        assert [bar.score for bar in bars] == list(range(11))
        tallest = max(bars, key=lambda bar: bar.times)
        for bar in bars:
            assert abs(bar.height * tallest.times - tallest.height * bar.times) <= 0.2 * tallest.times
            assert bar.x >= 0
            assert bar.x + bar.width <= chart.width
            assert 13 <= bar.y <= chart.floor < chart.height
        assert all(left.x + left.width < right.x for left, right in pairwise(bars))


def test_without_any_answer_all_bars_are_flat() -> None:
    assert {bar.height for bar in charts.distribution([0] * 11).bars} == {0}


def test_a_line_breaks_where_a_mean_is_hidden_and_a_single_point_is_no_line() -> None:
    trend = charts.trend([7.0, 8.0, None, 6.0, None, 5.0, 0.0, 10.0])
    assert [len(run.split()) for run in trend.runs] == [2, 3]
    assert [point.mean for point in trend.points] == [7.0, 8.0, None, 6.0, None, 5.0, 0.0, 10.0]
    heights = {point.mean: point.y for point in trend.points}
    assert (heights[0.0], heights[5.0], heights[10.0]) == (trend.floor, trend.promised, trend.ceiling)
    assert (trend.points[0].x, trend.points[-1].x) == (trend.left, trend.right)


def test_the_first_figure_stands_clear_of_those_of_the_axis() -> None:
    """In a type of 13 pixels «10» is 15 wide, around 8, and «10,0» 27, around its point."""
    first = charts.trend([10.0, 8.0]).points[0]
    assert first.x - 27 / 2 >= 8 + 15 / 2 + 8
