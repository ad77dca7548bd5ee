"""Values that every service speaks."""

from datetime import date

import pytest

from shared.vocabulary import Occurred, Precision


class TestOccurred:
    @pytest.mark.parametrize(
        ("text", "precision", "until"),
        [
            ("2024-02-03", "day", date(2024, 2, 3)),
            ("2024-02", "month", date(2024, 2, 29)),
            ("2024", "year", date(2024, 12, 31)),
        ],
    )
    def test_is_read_as_it_is_written(self, text: str, precision: Precision, until: date) -> None:
        read = Occurred.parse(text)
        assert read is not None
        assert (str(read), read.precision, read.until) == (text, precision, until)

    @pytest.mark.parametrize("text", ["", "24", "2024-2-3", "2024-13", "2023-02-29", "٢٠٢٤", "２０２４-０５"])  # noqa: RUF001  digits, but none that we write
    def test_anything_else_is_none(self, text: str) -> None:
        assert Occurred.parse(text) is None
