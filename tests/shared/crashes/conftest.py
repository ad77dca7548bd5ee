"""What is asserted in modules that are no tests says what it found."""

import pytest

pytest.register_assert_rewrite("tests.shared.crashes.callers", "tests.shared.crashes.row")
