"""The bytes clickhouse-go reads first. Golden: the driver is not at hand in every test run."""

from infra.embedded.clickhouse_hello import EngineFacts, asks_for_greeting, greeting, header_block

HELLO = b"SELECT displayName(), version(), revision(), timezone()"


def test_the_greeting_is_one_revisioned_block_that_reports_revision_zero() -> None:
    assert greeting(EngineFacts("box", "26.9", "UTC")) == (
        b"\x01\x00\x02\xff\xff\xff\xff\x00\x04\x01"
        b"\x0ddisplayName()\x06String\x00\x03box"
        b"\x09version()\x06String\x00\x0426.9"
        b"\x0arevision()\x06UInt32\x00\x00\x00\x00\x00"
        b"\x0atimezone()\x06String\x00\x03UTC"
    )


def test_only_a_driver_that_reads_revisions_is_greeted() -> None:
    assert asks_for_greeting(b"  " + HELLO, 54460)
    assert not asks_for_greeting(HELLO, 0)
    assert not asks_for_greeting(b"SELECT 1", 54460)


def test_an_empty_result_still_names_its_columns() -> None:
    assert header_block([("a", "UInt8")]) == b"\x01\x00\x01a\x05UInt8"
    assert header_block([("x" * 200, "String")]).startswith(b"\x01\x00\xc8\x01" + b"x" * 200)
