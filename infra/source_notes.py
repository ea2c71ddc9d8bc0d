"""How do signed notes get into the OpenEMRs this installation listens to? A writer for each that names its API.
Reads the sources' configuration, their secret files, and the shelf that knows whose encounter is whose.
Must never hand a secret on in anything that is printed.
"""

from collections.abc import Mapping
from pathlib import Path

from connectors.ehr.openemr.adapter import OpenEmr
from connectors.ehr.openemr.charting import Place, place_of
from connectors.ehr.openemr.mapping import ApiAccess
from connectors.ehr.openemr_notes import FindPlace, OpenEmrApi, OpenEmrNoteWriter
from connectors.ehr.shelf import Shelf
from infra.refusal import Refusal
from infra.settings import Settings
from infra.sources import adapter_of, sources_of
from schemas.note_writing import NoteWriter


def note_writers_of(settings: Settings) -> Mapping[str, NoteWriter]:
    """Practice id → the way into its OpenEMR, for every source whose configuration has an [api]."""
    writers: dict[str, NoteWriter] = {}
    for source in sources_of(settings):
        if source.mapping.api is not None:
            adapter = adapter_of(source, settings.home)
            shelf = settings.home / "assemble" / f"{source.name}.sqlite"
            writers[source.practice_id] = OpenEmrNoteWriter(_registered(source.mapping.api), _finder(adapter, shelf))
    return writers


def _finder(adapter: OpenEmr, path: Path) -> FindPlace:
    def find(session_id: str, client_id: str) -> Place | None:
        shelf = Shelf.reading(adapter.tables, path)
        try:
            return place_of(shelf, session_id, client_id)
        finally:
            shelf.close()

    return find


def _registered(api: ApiAccess) -> OpenEmrApi:
    return OpenEmrApi(
        api.url,
        api.client_id,
        api.site,
        client_secret=_secret(api.client_secret_file),
        private_key=_secret(api.private_key_file),
        refresh_token_path=api.refresh_token_file,
    )


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text().strip()
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror or 'cannot be read'}", exit_code=2) from None
