"""`tillbridge`: agent, pay, payments, show, resume, rehearse, pause, journal, doctor, pack ...

Exit 0 = done, 1 = not done, 2 = misused.

Sentences come from strings; nothing here knows a rule about money.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tillbridge.domain.errors import OperatorError, TillbridgeError
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.strings import sentence

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Errors become one sentence on stderr with their code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        _refuse_card_numbers(words)
        options = _parser().parse_args(words)
        command: Command = options.command
        return command(options)
    except TillbridgeError as error:
        print(f"{sentence(error.code, error.facts)}  [{error.code}]", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(sentence("interrupted", section="cli"), file=sys.stderr)
        return 130


def _refuse_card_numbers(words: Sequence[str]) -> None:
    """Before anything else reads them. Raises OperatorError `card_number_typed` (rule 14)."""
    if looks_like_card_number(" ".join(words)) or any(looks_like_card_number(word) for word in words):
        raise OperatorError("card_number_typed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillbridge", description=sentence("about", section="cli"))
    parser.add_argument("--home", type=Path, default=None, help=sentence("home", section="cli"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _money_commands(commands)
    _care_commands(commands)
    return parser


def _add(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=sentence(name, section="cli"))
    parser.set_defaults(command=lambda options: _run(name, options))
    return parser


_VERBS = (
    *("cancel", "stop", "again", "keep", "give-back", "posted", "not-posted", "drop"),
    *("keep-rest", "give-rest-back", "attach", "end-task"),
)


def _money_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add(commands, "agent")
    pay = _add(commands, "pay")
    pay.add_argument("--amount", default=None, help=sentence("pay_amount", section="cli"))
    pay.add_argument("--terminal", default="", help=sentence("pay_terminal", section="cli"))
    pay.add_argument("--id", dest="payment_id", default="", help=sentence("pay_id", section="cli"))
    pay.add_argument("--typed", action="store_true", help=sentence("pay_typed", section="cli"))
    pay.add_argument("--client", default="", help=sentence("pay_client", section="cli"))
    pay.add_argument("--account", default="", help=sentence("pay_account", section="cli"))
    pay.add_argument("--invoice", default="", help=sentence("pay_invoice", section="cli"))
    pay.add_argument("--person", default="", help=sentence("person", section="cli"))
    pay.add_argument("--anyway", action="store_true", help=sentence("pay_anyway", section="cli"))
    _add(commands, "invoice")
    rehearse = _add(commands, "rehearse")
    rehearse.add_argument("--last", action="store_true", help=sentence("rehearse_last", section="cli"))
    pause = _add(commands, "pause")
    pause.add_argument(
        "minutes", nargs="?", type=int, default=None, help=sentence("pause_minutes", section="cli")
    )
    pause.add_argument("--end", action="store_true", help=sentence("pause_end", section="cli"))
    _add(commands, "payments")
    _add(commands, "recheck")
    show = _add(commands, "show")
    show.add_argument("payment_id", metavar="ID", help=sentence("show_id", section="cli"))
    support = _add(commands, "support")
    support.add_argument("payment_id", metavar="ID", help=sentence("show_id", section="cli"))
    resume = _add(commands, "resume")
    resume.add_argument("payment_id", metavar="ID", help=sentence("show_id", section="cli"))
    resume.add_argument("--do", choices=_VERBS, default=None, help=sentence("resume_do", section="cli"))
    resume.add_argument("--anyway", action="store_true", help=sentence("pay_anyway", section="cli"))
    resume.add_argument("--task", default="", help=sentence("resume_task", section="cli"))
    resume.add_argument("--person", default="", help=sentence("person", section="cli"))


def _care_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    journal = _add(commands, "journal")
    journal.add_argument(
        "what",
        choices=["check", "salvage", "missing", "accept"],
        help=sentence("journal_what", section="cli"),
    )
    journal.add_argument("--person", default="", help=sentence("person", section="cli"))
    _add(commands, "doctor")
    pack = _add(commands, "pack")
    pack.add_argument("what", choices=["lint"])
    pack.add_argument("folder", type=Path, help=sentence("pack_folder", section="cli"))


def _run(name: str, options: argparse.Namespace) -> int:
    """Import a command's module only when it is asked for: the command line stays quick."""
    if name in ("journal", "pack"):
        from tillbridge.apps.cli import care

        return care.run(name, options)
    if name == "doctor":
        from tillbridge.apps.cli import doctor

        return doctor.run(options)
    if name == "agent":
        from tillbridge.apps.agent.process import run_agent
        from tillbridge.wiring import home_folder, load_site

        run_agent(load_site(options.home or home_folder()))
        return 0
    if name in ("invoice", "rehearse", "pause", "recheck"):
        from tillbridge.apps.cli import screen

        return screen.run(name, options)
    if name in ("payments", "show", "support"):
        from tillbridge.apps.cli import telling

        return telling.run(name, options)
    from tillbridge.apps.cli import money

    return money.run(name, options)


if __name__ == "__main__":
    sys.exit(main())
