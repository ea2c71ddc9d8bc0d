"""What stands in a form for this person? The template's words with the request's facts in them. Pure.

What is not known becomes a line to write on, never a guess.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dashboards.forms.catalogue import Block, Chosen, form_for
from schemas.consent_form import FormRequest, SignatureLine

LINE = "\u2009".join("_" * 28)
WORDS = {
    "en": {
        "needs_review": "This form is not available in your language. Go through it with an interpreter before "
        "signing.",
        "for": "For",
        "birth": "Date of birth",
        "unit": "Group or unit",
        "before": "To be signed before",
        "form": "Form",
        "sign": "Signatures",
        "self": "Client",
        "guardian": "Parent or legal guardian",
        "assent": "Minor’s agreement",
        "clinician": "Clinician",
        "name": "Name in print",
        "signature": "Signature",
        "date": "Date",
        "time": "Time",
        "one_of": "One of the guardians named is enough.",
        "nobody": "Nobody on file may sign for this minor. Record a guardian and the paper that shows the "
        "authority first.",
        "office": "Identity checked by, and how",
        "own_copy": "I may have a copy of this form.",
        "cycle": ", cycle {cycle},",
        "unit_word": "family or couple",
        "sessions": "my sessions",
        "page": "Page",
    },
    "es": {
        "needs_review": "Este formulario no está disponible en su idioma. Léalo con un intérprete antes de firmar.",
        "for": "Para",
        "birth": "Fecha de nacimiento",
        "unit": "Grupo o unidad",
        "before": "Para firmar antes del",
        "form": "Formulario",
        "sign": "Firmas",
        "self": "Cliente",
        "guardian": "Padre, madre o tutor legal",
        "assent": "Acuerdo del menor",
        "clinician": "Profesional",
        "name": "Nombre en letra de imprenta",
        "signature": "Firma",
        "date": "Fecha",
        "time": "Hora",
        "one_of": "Basta con uno de los tutores nombrados.",
        "nobody": "Nadie registrado puede firmar por este menor. Registre antes un tutor y el documento que lo "
        "acredita.",
        "office": "Identidad comprobada por, y cómo",
        "own_copy": "Puedo recibir una copia de este formulario.",
        "cycle": ", ciclo {cycle},",
        "unit_word": "familia o pareja",
        "sessions": "mis sesiones",
        "page": "Página",
    },
}


@dataclass(frozen=True, slots=True)
class FilledForm:
    """One form ready to be shown. `words`: the frame's words in its language."""

    request: FormRequest
    chosen: Chosen
    blocks: tuple[Block, ...]
    words: dict[str, str]
    facts: tuple[tuple[str, str], ...]
    signers: tuple[SignatureLine, ...]

    @property
    def title(self) -> str:
        """The form's title."""
        return self.chosen.template.title

    @property
    def version(self) -> str:
        """The practice's version where its EHR names one, and ours."""
        template = self.chosen.template
        own = f"{self.request.version} / " if self.request.version else ""
        return f"{template.kind} {own}{template.language} {template.version}"

    @property
    def several_guardians(self) -> bool:
        """More than one guardian may sign."""
        return sum(1 for signer in self.signers if signer.role == "guardian") > 1


def fill(request: FormRequest) -> FilledForm | None:
    """The form for a request; None for a kind there is no form of."""
    chosen = form_for(request.kind, request.language)
    if chosen is None:
        return None
    words = WORDS.get(chosen.template.language, WORDS["en"])
    values = {
        "practice": request.practice_name,
        "client": request.client_name or LINE,
        "unit": request.unit_name or request.unit_id or LINE,
        "unit_word": words["unit_word"],
        "members": ", ".join(request.members) or LINE,
        "cycle_phrase": words["cycle"].format(cycle=request.cycle) if request.cycle else "",
        "ai_tool": request.ai_tool,
        "session_words": words["sessions"],
    }
    blocks = tuple(_filled(block, values) for block in chosen.template.block)
    return FilledForm(request, chosen, blocks, words, _facts(request, words, chosen), request.signers)


def _filled(block: Block, values: dict[str, str]) -> Block:
    # not str.format: a name with braces in it must stay what it is
    return block.model_copy(
        update={
            "text": _put(block.text, values),
            "list": tuple(_put(item, values) for item in block.list),
            "choices": tuple(_put(item, values) for item in block.choices),
        }
    )


def _put(text: str, values: dict[str, str]) -> str:
    pieces: list[str] = []
    for piece in text.split("{"):
        name, brace, rest = piece.partition("}")
        pieces.append(f"{values[name]}{rest}" if brace and name in values else piece if not pieces else "{" + piece)
    return "".join(pieces)


def _facts(request: FormRequest, words: dict[str, str], chosen: Chosen) -> tuple[tuple[str, str], ...]:
    known = [(words["for"], f"{request.client_name or LINE} ({request.client_id})")]
    if request.unit_id:
        name = f"{request.unit_name} ({request.unit_id})" if request.unit_name else request.unit_id
        known.append((words["unit"], name))
    if request.needed_from is not None:
        local = request.needed_from.astimezone(ZoneInfo(request.timezone))
        known.append((words["before"], f"{local:%Y-%m-%d %H:%M}"))
    return tuple(known)
