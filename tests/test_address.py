"""A search as an address: what is written is read back, and nonsense counts as the default."""

from hypothesis import given
from hypothesis import strategies as st

from ui.address import MODES, MOST, Address, parameters, parse

words = st.text(min_size=1, max_size=20).filter(lambda text: text == text.strip() and text)
several = st.lists(words, max_size=3, unique=True).map(tuple)
addresses = st.builds(
    Address,
    q=words | st.just(""),
    report=several,
    language=several,
    year=several,
    symbol=several,
    section=several,
    mode=st.sampled_from(MODES),
    k=st.integers(1, MOST),
    closest=st.booleans(),
    ui=words | st.just(""),
)


def read(written: dict[str, str | list[str]]) -> Address:
    return parse(lambda name: [v] if isinstance(v := written.get(name, []), str) else v)


@given(addresses)
def test_an_address_is_read_back_as_it_was_written(address: Address) -> None:
    assert read(parameters(address)) == address


def test_the_default_address_has_no_parameters() -> None:
    assert parameters(Address()) == {}
    assert parameters(Address(q="水", closest=True, year=("2004",))) == {"q": "水", "closest": "1", "year": ["2004"]}


def test_nonsense_in_an_address_counts_as_the_default() -> None:
    assert read({"mode": "magic", "k": "-3", "closest": "yes", "report": ["", "a", "a"]}) == Address(report=("a",))
    assert read({"k": "²"}).k == 10
    assert read({"k": "9999"}).k == MOST
    assert read({"k": "0"}).k == 1
    assert len(read({"q": "x" * 5000}).q) == 1000
