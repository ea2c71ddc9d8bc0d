"""How do request and answer bodies travel compressed? The four encodings ClickHouse clients use, piece by piece.
Reads and writes nothing.
Must never hold a whole decompressed body: a few kilobytes can unfold into gigabytes.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import lz4.frame
import zstandard

PIECE_BYTES = 1 << 20
ENCODINGS = ("lz4", "zstd", "gzip", "deflate")
"""What we speak, best first."""


class BadBody(ValueError):
    """The body is not what its Content-Encoding says, or unfolds beyond the limit."""


class Compressor(Protocol):
    """Gives bytes as they become ready; `flush` ends the stream."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class _Lz4:
    def __init__(self) -> None:
        self._context = lz4.frame.LZ4FrameCompressor()
        self._started = False

    def compress(self, data: bytes, /) -> bytes:
        return self._begin() + bytes(self._context.compress(data))

    def flush(self) -> bytes:
        return self._begin() + bytes(self._context.flush())

    def _begin(self) -> bytes:
        if self._started:
            return b""
        self._started = True
        return bytes(self._context.begin())


_COMPRESSORS: dict[str, Callable[[], Compressor]] = {
    "lz4": _Lz4,
    "zstd": lambda: zstandard.ZstdCompressor(level=1).compressobj(),
    "gzip": lambda: zlib.compressobj(1, wbits=31),
    "deflate": lambda: zlib.compressobj(1),
}


def compressor_for(accept_encoding: str) -> tuple[str, Compressor] | None:
    """The best encoding the client accepts and a fresh compressor; None = send as it is."""
    accepted = {part.partition(";")[0].strip().lower() for part in accept_encoding.split(",")}
    return next(((name, _COMPRESSORS[name]()) for name in ENCODINGS if name in accepted), None)


def decompressed(body: bytes, encoding: str, limit: int) -> Iterator[bytes]:
    """The pieces of `body`, at most PIECE_BYTES each. Raises BadBody."""
    if encoding in ("", "identity"):
        yield from (body[start : start + PIECE_BYTES] for start in range(0, len(body), PIECE_BYTES))
        return
    if encoding not in _PIECES:
        raise BadBody(f"Content-Encoding {encoding} is not supported; use one of {', '.join(ENCODINGS)}")
    total = 0
    try:
        for piece in _PIECES[encoding](body):
            total += len(piece)
            if total > limit:
                raise BadBody(f"the body unfolds to more than {limit} bytes")
            if piece:
                yield piece
    except (zlib.error, zstandard.ZstdError, RuntimeError, EOFError) as error:
        raise BadBody(f"the body is not {encoding}") from error


def _zlib_pieces(body: bytes) -> Iterator[bytes]:
    while body:
        stream = zlib.decompressobj(wbits=47)  # gzip or zlib, by its header
        rest = body
        while rest and not stream.eof:
            yield stream.decompress(rest, PIECE_BYTES)
            rest = stream.unconsumed_tail
        yield stream.flush()
        if not stream.eof:
            raise EOFError
        body = stream.unused_data


def _lz4_pieces(body: bytes) -> Iterator[bytes]:
    rest: bytes | None = body
    while rest:
        stream = lz4.frame.LZ4FrameDecompressor()
        feed: bytes | None = rest
        while not stream.eof:
            if stream.needs_input and not feed:
                raise EOFError
            yield stream.decompress(feed or b"", PIECE_BYTES)
            feed = b""
        rest = stream.unused_data


def _zstd_pieces(body: bytes) -> Iterator[bytes]:
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(body, read_across_frames=True) as reader:
        while piece := reader.read(PIECE_BYTES):
            yield piece


_PIECES: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _zlib_pieces,
    "deflate": _zlib_pieces,
    "lz4": _lz4_pieces,
    "zstd": _zstd_pieces,
}
