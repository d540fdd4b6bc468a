"""``binarycop selftest``: checks a bundle against its manifest, and a backend with golden vectors and a drawn face."""

import argparse

from binarycop.bundle import build_files, check_build
from binarycop.classifier.choose import engine_of
from binarycop.cli.options import add_classifier, add_config, add_json, print_json, settings_of
from binarycop.cli.terminal import Terminal, ok, print_note
from binarycop.service.backends import open_bundle


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_config(parser)
    add_classifier(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the self-test. Raises BundleError with the first disagreement."""
    bundle, classifier = open_bundle(settings_of(options).classifier)
    backend, golden, engine = classifier.name, len(bundle.golden_inputs), engine_of(classifier)
    classifier.close()
    manifest = bundle.manifest
    if build_files.has_build(manifest.sha256):  # the emulator does not use it
        check_build.check(bundle.folder, manifest)
    elif names := build_files.unlisted(bundle.folder, manifest.sha256):
        note = f"{bundle.folder}: {' and '.join(names)} not checked: not in the manifest; {build_files.IMPORT}"
        print_note(note)
    if options.json:
        report = {"bundle": manifest.name, "version": manifest.version, "backend": backend, "golden": golden}
        print_json(report if engine is None else {**report, "engine": engine})
    else:
        where = backend if engine is None else f"{backend} ({engine})"
        found = f"all {golden} golden vectors reproduced, a drawn face classified"
        terminal = Terminal()
        for line in terminal.wrapped(f"{manifest.name} {manifest.version} on {where}: {found}").splitlines():
            terminal.print(ok(line))
    return 0
