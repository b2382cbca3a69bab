"""Logs made of noise: what can be read comes out, anything else is told, and nothing that was there is written over."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack.strength import tried, tries
from needlecare import InputError

# A log is opened by the hundred here, without starting a command for each.
from needlecare.files import Log


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "log.sqlite"
    log = Log(path)
    for day in range(1, 29):
        log.add({"date": f"2026-11-{day:02}", "tz": "UTC", "event": ["x" * 300 + "=2026-12-24"]})
    log.keep({"skin-type": "III", "uses": ["retinoid"]})
    return path.read_bytes()


@tries(20)
@given(data=st.data())
def test_a_spoiled_log_is_read_or_left_as_it_is(
    data: st.DataObject, whole: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spoiled = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        # The first hundred bytes say what the file is, the first page what is in it.
        at = data.draw(st.integers(0, 110) | st.integers(0, 4200) | st.integers(0, len(whole)))
        other = data.draw(st.binary(min_size=1, max_size=8))
        spoiled[at : at + len(other)] = other
    if data.draw(st.booleans()):
        del spoiled[data.draw(st.integers(0, len(whole))) :]
    path = tmp_path_factory.getbasetemp() / "log.sqlite"
    path.with_name("log.sqlite-journal").unlink(missing_ok=True)
    path.write_bytes(spoiled)
    log = Log(path)
    for use in (
        log.treatments,
        log.lasting,
        lambda: log.add({"date": "2026-12-18", "tz": "UTC"}),
        lambda: log.remove(3),
    ):
        before = path.read_bytes()
        said = tried(use)[1]
        assert not said or ("log" in said and path.read_bytes() == before)


def test_bytes_that_are_no_text_in_a_name_are_told(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(whole.replace(b"CREATE TABLE treatments", b"CREATE \xff\xff\xff\xff\xff treatments"))
    with pytest.raises(InputError, match="is damaged"):
        Log(path).treatments()


def test_what_a_killed_writer_left_behind_is_noise_too(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(whole)
    (tmp_path / "log.sqlite-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\xff" * 1000)
    assert len(Log(path).treatments()) == 28
