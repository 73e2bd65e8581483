#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the README's picture anew, of Nagios's own page with three servers of the lab:

    IMC_BUILD=build tests/ecosystem/screenshot.py [FILE]

FILE is packaging/nagios/nagios-page.png without it. Needs what `make ecosystem` needs.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]
sys.dont_write_bytecode = True

import lab  # noqa: E402  (the path comes first)
import nagios  # noqa: E402
from nagios_pages import Pages, Watch  # noqa: E402

PICTURE = nagios.SHIPPED / "nagios-page.png"
WIDTH, HEIGHT = 1120, 300
SERVERS = {"EXCH01": ("running", "OK"), "EXCH02": ("recovered-automatic", "WARNING"),
           "EXCH03": ("active-automatic", "CRITICAL")}
# Nobody is notified, which the page need not say, and there is nothing to ping.
SETTINGS = "enable_notifications=1\n"
QUIET = "\tnotification_period\tnone\n\t}"
ALIVE = ("define command{\n\tcommand_name alive\n\tcommand_line /bin/echo alive\n\t}\n",
         "max_check_attempts 1\n\tcheck_command alive")


def start(watch):
    """Until each server has the state that is to be seen."""
    path = watch.folder.path / "servers.cfg"
    command, check = ALIVE
    text = path.read_text(encoding="utf-8").replace("\t}", QUIET)
    path.write_text(command + text.replace("max_check_attempts 1", check),
                    encoding="utf-8")
    watch.extend("nagios.cfg", SETTINGS)
    watch.daemon.start()
    for name, (_, state) in SERVERS.items():
        watch.wait_for(name, state)


def main():
    picture = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else PICTURE).resolve()
    scenarios = {name: lab.scenario(one) for name, (one, _) in SERVERS.items()}
    with Watch(**scenarios) as watch:
        start(watch)
        with Pages(watch.folder.path / "site", watch.daemon.configuration) as pages:
            pages.picture(pages.of_hosts(), picture, WIDTH, HEIGHT)
    print(f"{picture}: {picture.stat().st_size} bytes")


if __name__ == "__main__":
    main()
