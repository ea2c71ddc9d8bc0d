"""Bodies in every encoding, in pieces, and the ones that are not what they say."""

import gzip
import zlib

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from infra.embedded.clickhouse_compression import ENCODINGS, PIECE_BYTES, BadBody, compressor_for, decompressed

WHOLE = {
    "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(pieces=st.lists(st.binary(max_size=200), max_size=5))
def test_what_goes_out_comes_back(encoding: str, pieces: list[bytes]) -> None:
    chosen = compressor_for(encoding)
    assert chosen is not None
    _, compressor = chosen
    body = b"".join(compressor.compress(piece) for piece in pieces) + compressor.flush()
    assert b"".join(decompressed(body, encoding, 10_000)) == b"".join(pieces)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_several_frames_in_a_row_are_one_body(encoding: str) -> None:
    frame = WHOLE[encoding](b"rows")
    assert b"".join(decompressed(frame * 3, encoding, 100)) == b"rows" * 3


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_body_that_unfolds_without_end_is_given_up(encoding: str) -> None:
    bomb = WHOLE[encoding](bytes(20 * PIECE_BYTES))
    pieces: list[int] = []
    with pytest.raises(BadBody, match="unfolds"):
        pieces.extend(len(piece) for piece in decompressed(bomb, encoding, 2 * PIECE_BYTES))
    assert max(pieces) <= PIECE_BYTES


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_bytes_that_are_something_else_are_named(encoding: str) -> None:
    with pytest.raises(BadBody, match=encoding):
        list(decompressed(b"not compressed at all", encoding, 1000))


@pytest.mark.parametrize("encoding", ["lz4", "gzip", "deflate"])
def test_a_body_cut_short_is_no_body(encoding: str) -> None:
    with pytest.raises(BadBody):
        list(decompressed(WHOLE[encoding](b"rows" * 1000)[:-3], encoding, 100_000))


def test_an_unknown_encoding_is_refused_and_the_best_known_one_chosen() -> None:
    with pytest.raises(BadBody, match="br is not supported"):
        list(decompressed(b"x", "br", 10))
    chosen = compressor_for("br, gzip;q=1.0, zstd")
    assert chosen is not None
    assert chosen[0] == "zstd"
    assert compressor_for("br") is None
