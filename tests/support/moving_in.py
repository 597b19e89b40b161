"""The six sessions that the reference programme held before Dijous, and who took part, as the office's files tell."""

import csv
import io
from collections.abc import Iterable, Sequence

PAST = (
    (
        "2023-09-21",
        "Tenim nous electes a l'Ajuntament: el mòdul d'organització política del portal de transparència AOC",
    ),
    ("2023-10-26", "Treu-li suc a l'eina de seguiment"),
    ("2023-11-23", "Vols disposar d'un sistema d'avisos per organitzar-te en la gestió de la transparència? T'ajudem!"),
    ("2024-01-25", "Gestionem la transparència: quin paper ha de tenir cadascú? Com ens podem organitzar? T'ajudem!"),
    (
        "2024-02-29",
        "Les sol·licituds d'accés a la informació pública en el nostre ajuntament: què són i com les haig de tractar? "
        "T'ajudem!",
    ),
    ("2024-04-25", "El portal de transparència: on som i cap a on anem? (Consorci AOC)"),
)
"""Day and title, as data/domain_seed of the reference has them."""

DAYS = [day for day, _ in PAST]


def as_excel_writes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A file of a Catalan or Spanish Excel: semicolons, cp1252."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("cp1252")


def in_figures(day: str) -> str:
    """`21/09/2023`."""
    return "/".join(reversed(day.split("-")))


def sessions_file(programme: str) -> bytes:
    rows = [
        (
            programme,
            in_figures(day),
            "10:00",
            60,
            title,
            f"https://video.example/{day}",
            f"https://docs.example/{day}.pdf",
        )
        for day, title in PAST
    ]
    return as_excel_writes(("Programa", "Data", "Hora", "Durada", "Títol", "Enregistrament", "Presentació"), rows)


def participation_file(programme: str, councils: Sequence[str]) -> bytes:
    """Each council came to some of the sessions with one or two people."""
    rows = [
        (programme, in_figures(day), council, 1 + (place + number) % 2, (place + number) % 2)
        for number, day in enumerate(DAYS)
        for place, council in enumerate(councils)
    ]
    return as_excel_writes(("Programa", "Sessió", "Ens", "Inscrits", "Assistents"), rows)


def results_file(programme: str) -> bytes:
    """The last session had too few answers to show any."""
    questions = ("content", "duration", "understood", "applicable")
    answers = [30, 25, 12, 8, 40, 3]
    rows = [
        (programme, in_figures(day), n, question, f"8,{number}{place}")
        for number, (day, n) in enumerate(zip(DAYS, answers, strict=True))
        for place, question in enumerate(questions)
    ]
    return as_excel_writes(("Programa", "Sessió", "Respostes", "Pregunta", "Mitjana"), rows)
