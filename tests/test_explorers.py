"""What all explorers share: the form of their JavaScript and CSS."""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "activeindex_lite"


def test_lines_of_javascript_and_css_end_at_120_columns():
    sources = [*PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.css")]
    assert len(sources) > 12
    for source in sources:
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
            assert len(line) <= 120, f"{source.name}:{number} has {len(line)} columns; prettier, as .prettierrc sets it"
