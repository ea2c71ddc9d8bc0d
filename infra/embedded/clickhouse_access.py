"""Who may do what on the embedded ClickHouse?
Reads nothing, writes nothing: passwords come in, the engine's own roles and constraints go out as its configuration.
Must never let a viewer change data, read a file of this machine, or open a connection.
"""

import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from xml.sax.saxutils import escape

from infra.embedded.clickhouse_statement import READING_VERBS, tokens

DATABASE = "conjoint"
MEMORY_BYTES = 1_500_000_000
QUERY_MEMORY_BYTES = 800_000_000
QUERY_SECONDS = 300


class Role(StrEnum):
    """A user of the endpoint and, by the same name, a role in the engine."""

    WRITER = "writer"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The two sign-ins. `repr` shows no password."""

    writer_password: str = field(repr=False)
    viewer_password: str = field(repr=False)

    def role_of(self, user: str, password: str) -> Role | None:
        """The role of a right user and password, else None; an unknown user takes as long as a wrong password."""
        known = {Role.WRITER: self.writer_password, Role.VIEWER: self.viewer_password}
        found = None
        for role, right in known.items():
            same = hmac.compare_digest(right.encode(), password.encode())
            if hmac.compare_digest(role.value.encode(), user.encode()) and same:
                found = role
        return found


def engine_configuration(path: Path) -> str:
    """The engine's configuration file, to be stored at `path`: two roles, and bounds that no setting can lift.

    Measured: without roles `SET readonly` alone lets a SELECT read any file of this machine and write new ones.
    """
    return f"""<clickhouse>
  <max_server_memory_usage>{MEMORY_BYTES}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <primary_index_cache_size>67108864</primary_index_cache_size>
  <index_mark_cache_size>16777216</index_mark_cache_size>
  <query_condition_cache_size>16777216</query_condition_cache_size>
  <compiled_expression_cache_size>16777216</compiled_expression_cache_size>
  <profiles><default>
    <max_memory_usage>{QUERY_MEMORY_BYTES}</max_memory_usage>
    <max_execution_time>{QUERY_SECONDS}</max_execution_time>
    <max_threads>4</max_threads>
    <constraints>
      <max_memory_usage><min>1</min><max>{QUERY_MEMORY_BYTES}</max></max_memory_usage>
      <max_execution_time><min>1</min><max>{QUERY_SECONDS}</max></max_execution_time>
      <dialect><const/></dialect>
      <allow_experimental_eval_table_function><const/></allow_experimental_eval_table_function>
    </constraints>
  </default></profiles>
  <quotas><default/></quotas>
  <roles>
    <{Role.VIEWER}><grants>
      <query>GRANT SELECT, SHOW ON {DATABASE}.*</query>
      <query>GRANT SELECT, SHOW ON system.*</query>
      <query>GRANT SELECT, SHOW ON INFORMATION_SCHEMA.*</query>
      <query>GRANT SELECT, SHOW ON information_schema.*</query>
    </grants></{Role.VIEWER}>
    <{Role.WRITER}><grants><query>GRANT ALL ON *.*</query></grants></{Role.WRITER}>
  </roles>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
    <profile>default</profile><quota>default</quota>
    <grants><query>GRANT {Role.VIEWER}</query><query>GRANT {Role.WRITER}</query></grants>
  </default></users>
  <user_directories><users_xml><path>{escape(str(path))}</path></users_xml></user_directories>
</clickhouse>
"""


_FORBIDDEN_NAMES = frozenset(
    # these look at files, Python objects or other services and ask for no privilege in the embedded engine
    (
        "file",
        "python",
        "eval",
        "aiclassify",
        "aiembed",
        "aiextract",
        "aifilter",
        "aigenerate",
        "airedact",
        "aisimilarity",
        "aitranslate",
    )
)


def refusal_for_viewer(canonical: str) -> str | None:
    """Why a viewer may not run this statement, or None. `canonical` is one statement as the engine's parser prints it.

    What the engine's role refuses by itself (tables, table functions, DDL) is not looked for again here.
    """
    pieces = list(tokens(canonical.encode()))
    words = [token.word for token in pieces if token.text != "("][:3]
    verb = words[0] if words else ""
    changes_session = verb == "USE" or (verb == "SET" and [token.text for token in pieces[2:3]] == ["="])
    if verb not in READING_VERBS and not changes_session:
        return f"the viewer may not run {verb or 'this'}"
    names = {token.text.strip('`"').lower() for token in pieces if token.kind in ("word", "quoted")}
    if forbidden := sorted(names & _FORBIDDEN_NAMES):
        return f"the viewer may not use {forbidden[0]}"
    return None
