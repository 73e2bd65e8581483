#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the modules of snmp_exporter from IMC-MONITOR-MIB and generator.yml.

    generate.py [--mib FILE] [--out FOLDER]

Both come from Debian's prometheus-snmp-generator, which knows the form before 0.23 only:
what 0.23 changed is where the account is, so that its form is made from the same metrics.
The base modules are those of the package erlang-snmp.
"""
import argparse
import glob
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
MIB = HERE.parent.parent / "mibs" / "IMC-MONITOR-MIB"
BASE = "/usr/lib/erlang/lib/snmp-*/mibs/*.mib"
GENERATOR = "prometheus-snmp-generator"
OLD, NEW = "0.21", "0.23"
OF_THE_ACCOUNT = ("version", "auth")
# What the generators since 0.23 write for an account of which no more is said.
NOT_SAID = {"security_level": "noAuthNoPriv", "auth_protocol": "MD5",
            "priv_protocol": "DES"}
HEAD = """\
# For snmp_exporter {versions}: generated from IMC-MONITOR-MIB and generator.yml.
# Do not change it by hand, except for {account}.
"""
VERSIONS = {OLD: ("before 0.23", "auth"), NEW: ("0.23 and newer", "auths")}


def generated(mib, settings):
    """What the generator makes of a generator.yml of its own form."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        mibs = folder / "mibs"
        (mibs / "cert_indexes").mkdir(parents=True)     # net-snmp looks for it
        for path in map(pathlib.Path, glob.glob(BASE)):
            shutil.copy(path, mibs / path.stem)
        shutil.copy(mib, mibs / "IMC-MONITOR-MIB")
        (folder / "generator.yml").write_text(yaml.safe_dump(settings))
        done = subprocess.run(
            [GENERATOR, "--fail-on-parse-errors", "--log.level=warn", "generate"],
            cwd=folder, capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "MIBDIRS": str(mibs), "HOME": name,
                 "SNMPCONFPATH": name, "SNMP_PERSISTENT_DIR": name})
        if done.returncode != 0:
            sys.exit(f"{GENERATOR}: exit code {done.returncode}\n{done.stderr}")
        return yaml.safe_load((folder / "snmp.yml").read_text())


def old_form(mib):
    return generated(mib, yaml.safe_load((HERE / OLD / "generator.yml").read_text()))


def new_form(mib):
    settings = yaml.safe_load((HERE / NEW / "generator.yml").read_text())
    accounts = {name: {**account, **NOT_SAID, **account}
                for name, account in settings["auths"].items()}
    modules = generated(mib, {"modules": settings["modules"]})
    for module in modules.values():
        for key in OF_THE_ACCOUNT:
            module.pop(key, None)
    return {"auths": accounts, "modules": modules}


def text(version, content):
    versions, account = VERSIONS[version]
    return HEAD.format(versions=versions, account=account) + yaml.safe_dump(
        content, sort_keys=False, width=90, allow_unicode=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--mib", type=pathlib.Path, default=MIB)
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    options = parser.parse_args()
    for version, form in ((OLD, old_form), (NEW, new_form)):
        path = options.out / version / "snmp.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(version, form(options.mib)))


if __name__ == "__main__":
    main()
