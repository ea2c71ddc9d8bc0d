"""Where does this practice keep what OpenEMR has no place for? A practice's own configuration, read once at start.

Everything is optional: what is not said is not recorded. Must never hold a password.
"""

import re
import tomllib
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from connectors.ehr.openemr.words import APPOINTMENT_LIST, ATTENDANCE_LIST, GROUP_LIST, MEANINGS

UnitKind = Literal["psychotherapy", "sud", "multi_family", "family", "couple"]
ColumnName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _zone(name: str | None) -> str | None:
    if name is not None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is no time zone such as America/Chicago") from None
    return name


class GroupKind(_Part):
    """Groups of this kind: by type code, by id, or by a pattern in their name. All that are given must hold."""

    kind: UnitKind
    type: str | None = None
    ids: tuple[str, ...] = ()
    name: str | None = None

    @field_validator("name")
    @classmethod
    def _is_pattern(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                re.compile(name)
            except re.error:
                raise ValueError("is not a regular expression") from None
        return name

    def fits(self, type_: str | None, id_: str, name: str | None) -> bool:
        """Whether a group is meant."""
        return (
            (self.type is None or self.type == type_)
            and (not self.ids or id_ in self.ids)
            and (self.name is None or re.search(self.name, name or "", re.IGNORECASE) is not None)
        )


class ConsentPlace(_Part):
    """Where one kind of consent is kept: a category of documents, a layout-based form, or a field of demographics.

    `document`: each document in that category (name or id) is a consent signed on its date. `form`: each form of that
    folder (LBF…) is one; `signed_on` names the field with the date (else the form's own), `if_field` a field that must
    hold one of `yes`. `demographics`: the column holds one of `yes`; `signed_on` names a column with the date.
    """

    kind: str
    document: str | None = None
    form: str | None = None
    demographics: ColumnName | None = None
    if_field: str | None = None
    signed_on: str | None = None
    expires_on: str | None = None
    yes: tuple[str, ...] = ("YES", "Yes", "yes", "1", "signed", "Signed")
    version: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.document, self.form, self.demographics)) != 1:
            raise ValueError("names exactly one of document, form, demographics")
        return self


class MinutesPlace(_Part):
    """A layout-based form on a participant's own encounter with the times of arrival and leaving, or the minutes."""

    form: str
    arrived: str | None = None
    left: str | None = None
    minutes: str | None = None


class Facility(_Part):
    """A place of service that differs from the practice's own: its clock's zone, the state it is in."""

    timezone: str | None = None
    state: str | None = None

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str | None) -> str | None:
        return _zone(name)


class ApiAccess(_Part):
    """OpenEMR's REST API, for putting signed notes into it. Secrets are in files of their own."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+$")]
    client_id: str
    site: str = "default"
    client_secret_file: Path | None = None
    private_key_file: Path | None = None
    refresh_token_file: Path | None = None


class OpenEmrMapping(_Part):
    """One practice's configuration. The defaults are OpenEMR's own."""

    practice_id: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,100}$")] | None = None
    timezone: str | None = None
    state: str | None = None
    part2_program: bool = False
    facilities: dict[str, Facility] = {}
    license_state: str | None = None
    """The state that the licence numbers of the practice's clinicians are of: OpenEMR keeps a number without one."""
    prior_authorizations: bool = False
    """Whether the practice keeps its authorisations in OpenEMR's prior authorisations module."""
    groups: tuple[GroupKind, ...] = ()
    family_categories: tuple[str, ...] = ()
    couple_categories: tuple[str, ...] = ()
    crisis_categories: tuple[str, ...] = ()
    telehealth_categories: tuple[str, ...] = ()
    unit_field: ColumnName | None = None
    attendance: dict[str, str] = {}
    group_status: dict[str, str] = {}
    appointment_status: dict[str, str] = {}
    payers: dict[str, str] = {}
    consents: tuple[ConsentPlace, ...] = ()
    minutes: MinutesPlace | None = None
    api: ApiAccess | None = None

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str | None) -> str | None:
        return _zone(name)

    @model_validator(mode="after")
    def _known_meanings(self) -> Self:
        for list_id, words in (
            (ATTENDANCE_LIST, self.attendance),
            (APPOINTMENT_LIST, self.appointment_status),
            (GROUP_LIST, self.group_status),
        ):
            if unknown := sorted(set(words.values()) - MEANINGS[list_id]):
                known = ", ".join(sorted(MEANINGS[list_id]))
                raise ValueError(f"the meanings of {list_id} are {known}; not {', '.join(unknown)}")
        return self

    @property
    def demographics_columns(self) -> tuple[str, ...]:
        """Columns of patient_data this practice keeps something of ours in."""
        named = [place.demographics for place in self.consents if place.demographics]
        named += [c for place in self.consents if place.demographics for c in (place.signed_on, place.expires_on) if c]
        return tuple(dict.fromkeys([*named, *([self.unit_field] if self.unit_field else [])]))

    @property
    def reads_documents(self) -> bool:
        return any(place.document for place in self.consents)

    @property
    def reads_forms(self) -> bool:
        return self.minutes is not None or any(place.form for place in self.consents)

    def fingerprint(self, *more: str) -> str:
        """The same for the same configuration."""
        return blake2b(repr((self.model_dump_json(exclude={"api"}), *more)).encode(), digest_size=8).hexdigest()


class WrongMapping(ValueError):
    """The configuration cannot be used; the text names the place, never a value."""


def read_mapping(path: Path) -> OpenEmrMapping:
    """The mapping in a TOML file. Raises WrongMapping naming every wrong place."""
    try:
        raw = tomllib.loads(path.read_text())
    except OSError as error:
        raise WrongMapping(f"{path}: {error.strerror or 'cannot be read'}") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongMapping(f"{path} is not valid TOML: {error}") from None
    return mapping_of(raw, str(path))


def mapping_of(raw: dict[str, Any], where: str) -> OpenEmrMapping:
    """The mapping in plain data."""
    try:
        return OpenEmrMapping.model_validate(raw)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(step) for step in item['loc'])} {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise WrongMapping(f"{where}: {'; '.join(problems)}") from None
