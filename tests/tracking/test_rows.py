"""What one request to MLflow may hold."""

from pipeline.tracking.rows import TimedRow, first_request
from tests.tracking.conftest import steps


def test_a_row_is_never_split_over_two_requests():
    rows = [TimedRow("step/", row, 0) for row in steps(1, 600)]  # of four values
    requested = [len(rows[start:]) and len(first_request(rows[start:])) for start in (0, 250, 500)]
    assert requested == [250, 250, 100]


def test_a_row_that_is_larger_than_a_request_may_be_is_sent_alone():
    large = TimedRow("step/", {str(number): 0.0 for number in range(1001)}, 0)
    assert first_request([large, large]) == [large] and first_request([]) == []
