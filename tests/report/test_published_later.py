"""What others have published: a table that says where each number is from."""

import re

from pipeline.report.published_later import published_later


def test_every_row_has_a_source_a_protocol_and_a_possible_accuracy():
    rows = published_later()
    assert len({row.method for row in rows}) == len(rows) >= 6
    assert [row.year for row in rows] == sorted(row.year for row in rows)
    for row in rows:
        assert re.fullmatch(r"arXiv:\d{4}\.\d{4,5}", row.source) and len(row.protocol) > 40
        assert 80 < float(row.accuracy) < 95
        assert "http" not in "".join(map(str, row))


def test_an_error_that_is_printed_gives_the_accuracy():
    printed = {row.method: (float(error[1]), float(row.accuracy)) for row in published_later()
               if (error := re.search(r"error of ([\d.]+) %", row.protocol))}
    assert len(printed) == 3
    for error, accuracy in printed.values():
        assert round(error + accuracy, 2) == 100
