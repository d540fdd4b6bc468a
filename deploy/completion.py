"""Bash completion: commands, options, and option values that are files or one of a fixed set."""

from collections.abc import Iterable

from deploy.commands import Argument, Command

_FILE_VALUES = ("FILE", "FOLDER", "DIR", "CLIP", "SOURCE", "DEPLOY")


def completion(program: Command) -> str:
    """The text of a bash file that completes one program."""
    function = "_" + program.name.replace("-", "_")
    commands = list(program.walk())
    with_choices = [
        _choices_case(name, argument)
        for name, command in commands
        for argument in command.arguments
        if argument.flags and argument.choices
    ]
    arguments = [*program.arguments, *(argument for _, command in commands for argument in command.arguments)]
    file_flags = _flags_of(argument for argument in arguments if _is_file(argument))
    value_flags = _flags_of(argument for argument in arguments if argument.value) - file_flags
    paths = "|".join(_quoted(name if " " in name else f" {name}") for name, _ in commands)
    return f"""# bash completion for {program.name}; generated from the parser behind its --help
{function}()
{{
    local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} command="" item
    for item in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$command $item" in
            {paths}) command=${{command:+$command }}$item ;;
        esac
    done
    COMPREPLY=()
    case "$command:$previous" in
{"".join(with_choices)}        *:{"|*:".join(sorted(file_flags)) or "--"})
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return ;;
        *:{"|*:".join(sorted(value_flags)) or "--"})
            return ;;
    esac
    case "$command" in
{_command_case("", program)}{"".join(_command_case(name, command) for name, command in commands)}    esac
}}
complete -o filenames -F {function} {program.name}
"""


def _command_case(name: str, command: Command) -> str:
    """What can follow a command: its own commands, its options, and files if it takes one."""
    words = " ".join(
        [nested.name for nested in command.commands] + [flag for item in command.arguments for flag in item.flags]
    )
    lines = [f'mapfile -t COMPREPLY < <(compgen -W "{words}" -- "$word")']
    if any(_is_file(argument) for argument in command.arguments if not argument.flags):
        lines.append('[[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")')
    return _case(_quoted(name), lines)


def _choices_case(name: str, argument: Argument) -> str:
    """The values of an option with a fixed set."""
    words = f'mapfile -t COMPREPLY < <(compgen -W "{" ".join(argument.choices)}" -- "$word")'
    return _case("|".join(_quoted(f"{name}:{flag}") for flag in argument.flags), [words, "return"])


def _case(pattern: str, lines: list[str]) -> str:
    indented = "".join(f"\n            {line}" for line in lines)
    return f"        {pattern}){indented} ;;\n"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _flags_of(arguments: Iterable[Argument]) -> set[str]:
    return {flag for argument in arguments for flag in argument.flags}


def _is_file(argument: Argument) -> bool:
    return argument.value.split(" ", 1)[0] in _FILE_VALUES
