"""Completion for bash: commands, options, and the values of options that have a fixed set or take a file."""

from deploy.commands import Argument, Command

_FILES = ("FILE", "FOLDER", "DIR", "CLIP", "SOURCE", "DEPLOY")


def completion(command: Command) -> str:
    """A bash file that completes one program."""
    function = "_" + command.name.replace("-", "_")
    cases = "".join(_case(one) for one in command.commands)
    names = " ".join(one.name for one in command.commands)
    values = "".join(
        _value(one, argument) for one in command.commands for argument in one.arguments if argument.choices
    )
    takers = sorted(
        {flag for one in command.commands for argument in one.arguments if argument.takes for flag in argument.flags}
    )
    files = sorted(
        {
            flag
            for one in (command, *command.commands)
            for argument in one.arguments
            if _is_file(argument)
            for flag in argument.flags
        }
    )
    return f"""# bash completion for {command.name}; made from the parser that its --help comes from
{function}()
{{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command="" one
    for one in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $one in
            {"|".join(one.name for one in command.commands)}) command=$one; break ;;
        esac
    done
    COMPREPLY=()
    case $command:$before in
{values}        *:{"|*:".join(files) or "--"})
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return ;;
        *:{"|*:".join(one for one in takers if one not in files) or "--"})
            return ;;
    esac
    case $command in
        "") mapfile -t COMPREPLY < <(compgen -W "{names} {_flags(command)}" -- "$word") ;;
{cases}    esac
}}
complete -o filenames -F {function} {command.name}
"""


def _case(command: Command) -> str:
    takes_file = any(_is_file(one) for one in command.arguments if not one.flags)
    files = '\n            [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")' if takes_file else ""
    words = f'mapfile -t COMPREPLY < <(compgen -W "{_flags(command)}" -- "$word")'
    return f"        {command.name})\n            {words}{files} ;;\n"


def _value(command: Command, argument: Argument) -> str:
    keys = "|".join(f"{command.name}:{flag}" for flag in argument.flags)
    words = f'mapfile -t COMPREPLY < <(compgen -W "{" ".join(argument.choices)}" -- "$word")'
    return f"        {keys})\n            {words}\n            return ;;\n"


def _flags(command: Command) -> str:
    return " ".join(flag for argument in command.arguments for flag in argument.flags)


def _is_file(argument: Argument) -> bool:
    return argument.takes.split(" ", 1)[0] in _FILES
