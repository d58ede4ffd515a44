"""The gallery makes its pages, and says what they lack."""

from pathlib import Path

import pytest

from checks.cards_gallery import RENDERER, main


def test_the_gallery_makes_its_folder_and_says_how_to_get_what_is_missing(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "new" / "gallery"

    with pytest.raises(SystemExit) as left:
        main(["--html", str(folder)])

    told = str(left.value)
    assert folder.is_dir()
    assert "npm pack adaptivecards@3.0.6" in told
    assert len(told.splitlines()) == 1


def test_the_gallery_names_its_pages_where_the_renderer_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / RENDERER).write_text("")

    main(["--html", str(tmp_path)])

    assert {path.name for path in tmp_path.glob("*.html")} == {"gallery-light.html", "gallery-dark.html"}
    told = capsys.readouterr().out
    assert str(tmp_path / "gallery-light.html") in told
    assert str(tmp_path / "gallery-dark.html") in told
