"""Consent forms: complete by the law they rest on, in the person's language, for the right people, and escaped."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from dashboards.forms.catalogue import FormTemplateError, form_for, templates
from dashboards.forms.document import form_pdf
from dashboards.forms.filling import fill
from dashboards.forms.page import form_html
from schemas.consent_form import FormRequest, SignatureLine
from streams.rules.part2 import TPO_ELEMENTS

REQUEST = FormRequest(
    need_id="6c1f0f0e-0000",
    kind="group_agreement",
    language="en",
    practice_name="Lakeshore Family & Group Therapy",
    practice_id="PR-1",
    state="IL",
    client_id="C-TEO",
    client_name="Teo Delacroix",
    unit_id="G-1",
    unit_name="Mood Skills",
    cycle="CY-1",
    version="v1",
    needed_from=datetime(2026, 4, 22, 23, tzinfo=UTC),
    timezone="America/Chicago",
    members=("Ruth", "Sam"),
    signers=(SignatureLine("C-RUTH", "guardian", "Ruth Delacroix"), SignatureLine("C-SAM", "guardian"),
             SignatureLine("C-TEO", "assent", "Teo Delacroix")),
)  # fmt: skip
KINDS = sorted({kind for kind, _ in templates()})


def page(request: FormRequest) -> str:
    form = fill(request)
    assert form is not None
    return form_html(form)


def paper(request: FormRequest) -> str:
    form = fill(request)
    assert form is not None
    text = "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(form_pdf(form))).pages)
    return " ".join(text.split())


def test_there_is_a_form_of_every_kind_the_workflow_asks_for_in_english() -> None:
    wanted = {"treatment", "group_agreement", "conjoint_agreement", "telehealth", "recording", "ai_assistance"}
    assert wanted | {"part2_tpo", "billing_release"} <= set(KINDS)
    assert all((kind, "en") in templates() for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_form_stands_on_page_and_paper_with_practice_person_and_signatures(kind: str, language: str) -> None:
    request = replace(REQUEST, kind=kind, language=language)
    form = fill(request)
    assert form is not None
    on_page, on_paper = page(request), paper(request)
    for words in ("Teo Delacroix", "Ruth Delacroix", form.version):
        assert words in on_page
        assert words in on_paper
    assert "Lakeshore Family &amp; Group Therapy" in on_page
    assert "Lakeshore Family & Group Therapy" in on_paper
    for text in (on_page, on_paper):
        assert "{" not in text.split("</style>")[-1]
        assert "built-in" not in text


def test_the_part_2_form_has_every_element_the_rule_asks_for() -> None:
    chosen = form_for("part2_tpo", "en")
    assert chosen is not None
    assert set(chosen.template.elements) == set(TPO_ELEMENTS)
    text = page(replace(REQUEST, kind="part2_tpo"))
    assert all(f'data-element="{element}"' in text for element in TPO_ELEMENTS)
    for words in ("may be redisclosed", "revoke this consent in writing", "health plans, third-party payers"):
        assert words in text


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_ai_form_gives_notice_and_its_specific_purpose(language: str) -> None:
    chosen = form_for("ai_assistance", language)
    assert chosen is not None
    assert {"written_notice", "purpose"} <= set(chosen.template.elements)
    assert not chosen.needs_review


def test_a_person_gets_the_form_in_their_language_or_english_with_a_word_about_it() -> None:
    assert 'lang="es"' in page(replace(REQUEST, language="es-MX"))
    other = page(replace(REQUEST, language="pl"))
    assert 'lang="en"' in other
    assert "interpreter" in other
    assert "interpreter" not in page(REQUEST)


def test_what_is_not_known_becomes_a_line_to_write_on() -> None:
    nameless = replace(REQUEST, client_name=None, unit_name=None, signers=(SignatureLine("C-TEO", "self"),))
    text = page(nameless)
    assert "C-TEO" in text
    assert "_" * 2 in text.replace("\u2009", "")
    assert "Teo Delacroix" not in text


def test_a_minor_for_whom_nobody_may_sign_gets_no_line_but_a_word() -> None:
    assert "Nobody on file may sign" in page(replace(REQUEST, signers=()))
    assert "Nobody on file may sign" in paper(replace(REQUEST, signers=()))


def test_a_hostile_name_is_only_a_name() -> None:
    evil = "<b>{client}</b> & {practice} <script>"
    request = replace(REQUEST, client_name=evil, practice_name=evil, unit_name=evil)
    text = page(request)
    assert "<script>" not in text
    assert "&lt;b&gt;{client}&lt;/b&gt;" in text
    assert "<b>{client}</b>" in paper(request)


def test_the_same_form_is_the_same_bytes() -> None:
    form = fill(REQUEST)
    assert form is not None
    assert form_pdf(form) == form_pdf(form)


def test_a_kind_there_is_no_form_of_is_none() -> None:
    assert fill(replace(REQUEST, kind="observation")) is None


def test_a_template_that_is_none_names_its_file_and_place(tmp_path: Path) -> None:
    for body, told in (("kind = ", "not TOML"), ('kind = "roi"\n', "version"), ('colour = "x"', "kind")):
        (tmp_path / "roi.en.toml").write_text(body)
        templates.cache_clear()
        with pytest.raises(FormTemplateError, match=f"roi.en.toml.*{told}"):
            templates(tmp_path)
    templates.cache_clear()
