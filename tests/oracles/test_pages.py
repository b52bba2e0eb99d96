"""Pages of the documentation that show PyTorch: every block does what the page says."""

import pytest
from documented import PAGES, WITH_TORCH, run_page


@pytest.mark.parametrize("page", [p for p in PAGES if p.stem in WITH_TORCH], ids=lambda page: page.stem)
def test_everything_that_a_page_shows_is_printed(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_page(page, tmp_path) > 0
