# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped files as icinga2 reads them: they are valid, the commands have each option
of their programs, and each value arrives as it was written.
"""
import json
import re
import shutil
import unittest
from base64 import b64decode

import icinga
import lab
import pages
from icinga import Authority, Expression, Node, literal, shipped

SATELLITE = "zones.d/master/imc-satellite.conf"
NOT_OF_A_CHECK = {"help", "version", "explain", "list-services"}
NOT_OF_A_START = {"help", "version"}
OF_NAGIOS = {"service-state", "state-type", "attempt"}      # in the help's words
LEVELS = ("-v", "-vv", "-vvv")
HOSTILE = "a'b\"c;d|e&f>g<h`id`$(id)${HOME}*?[a]~ {b}\\n!#%\n\t\\ --help -x=ä €"
HOST = """
object Host "{name}" {{
    check_command = "dummy"
    {addresses}
}}
"""
SERVICE = """
object Service "{name}" {{
    host_name = "{host}"
    check_command = "imc"
    {variables}
}}
"""
# What icinga2 has to find: in which file, what becomes of what, and its words.
FAULTS = (
    (icinga.COMMANDS, "PluginContribDir", "PluginContribDri", "PluginContribDri"),
    (icinga.COMMANDS, '"$imc_port$"', '"$imc_port"', "Closing \\$ not found"),
    (icinga.COMMANDS, "\ttimeout =", "\ttimeuot =", "timeuot"),
    (icinga.COMMANDS, 'import "ipv4-or-ipv6"', 'import "ipv4-and-ipv6"', "ipv4-and-ipv6"),
    (icinga.SERVICES, 'import "imc-service"', 'import "imc-servce"', "imc-servce"),
    (icinga.SERVICES, 'check_command = "imc"', 'check_command = "icm"', "icm"),
    (icinga.SERVICES, 'event_command = "imc_start"', 'event_command = "imc_satrt"',
     "imc_satrt"),
    (icinga.SERVICES, "host.vars.imc_endpoint\n", 'host.vars.imc_endpoint + "x"\n',
     "satellite.example.comx"),
    (icinga.SERVICES, "where host.vars", "where hots.vars", "hots"),
    (SATELLITE, 'check_command = "cluster-zone"', 'check_command = "cluster-zoen"',
     "cluster-zoen"),
)


def options(program, without):
    """{name: Option} of --help but for some, each of which must be one."""
    found = {one.name.removeprefix("--"): one for one in pages.options(program)}
    for name in without:
        del found[name]
    return found


def variable(option, prefix="imc"):
    return f"{prefix}_{option.replace('-', '_')}"


class Arguments(unittest.TestCase):
    """One daemon, whose plugin says what it was asked."""

    ROWS = {
        # variables of the service: the words that follow from them
        "a list": ({"imc_display_name": ["One", HOSTILE, "--json"]},
                   ["--display-name", "One", "--display-name", HOSTILE,
                    "--display-name", "--json"]),
        "severities": ({"imc_severity": ["paused=ok", "stale=critical,active=warning"]},
                       ["--severity", "paused=ok",
                        "--severity", "stale=critical,active=warning"]),
        "a number": ({"imc_port": 4450}, ["--port", "4450"]),
        "a threshold": ({"imc_warning": 0, "imc_critical": "@1:3"},
                        ["--critical", "@1:3", "--warning", "0"]),
        "durations, as Icinga writes them": (
            {"imc_lookback": Expression("14d"), "imc_boot_window": Expression("90s")},
            ["--boot-window", "90", "--lookback", "1209600"]),
        "switched off": ({"imc_json": False, "imc_no_perfdata": False,
                          "imc_verbose": 0}, []),
        "a switch that is off": ({"imc_verbose": False}, []),
        "a switch for a number": ({"imc_verbose": True}, ["-v"]),
        "text for a number": ({"imc_verbose": "2"}, ["-vv"]),
    }
    ADDRESSES = {
        # variables of the service: the words that say which server
        "its address": ("both", {}, ["--hostname", "192.0.2.1"]),
        "its only address": ("new", {}, ["--hostname", "2001:db8::1"]),
        "the one of two": ("both", {"check_ipv6": True}, ["--hostname", "2001:db8::1"]),
        "none": ("neither", {}, []),
        "its section": ("both", {"imc_server": "EXCH01"}, ["--server", "EXCH01"]),
        "both": ("both", {"imc_server": "EXCH01", "imc_hostname": "exch01.example.com"},
                 ["--hostname", "exch01.example.com", "--server", "EXCH01"]),
        "the name of copied logs": ("both", {"imc_hostname": "EXCH01", "imc_evt": "/x y"},
                                    ["--evt", "/x y", "--hostname", "EXCH01"]),
    }
    HOSTS = {"both": 'address = "192.0.2.1"\n\taddress6 = "2001:db8::1"',
             "new": 'address6 = "2001:db8::1"', "neither": ""}

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(lab.Folder())
        cls.options = options("check_imc", without=NOT_OF_A_CHECK)
        cls.rows = {**cls.ROWS, **dict(cls._single_rows())}
        echo = icinga.write_program(folder.path / "echo", icinga.ECHO)
        cls.node = Node(folder.path, "localhost", {icinga.PLUGIN: f'"{echo}"'})
        cls.node.write("conf.d/test.conf", "".join(cls._objects()))
        Authority(cls.node).certify(cls.node)
        cls.addClassCleanup(cls.node.stop)
        cls.node.start()
        names = [f"{host}!{name}" for host, name, _ in cls._services()]
        cls.node.check(*names)
        cls.asked = {name.partition("!")[2]: json.loads(b64decode(one.output))
                     for name, one in cls.node.services().items()}

    @classmethod
    def _single_rows(cls):
        """Each variable once, and what an option without an argument is switched by."""
        for name, option in cls.options.items():
            value = f"{name} {HOSTILE}"
            words = [f"--{name}", value]
            if name == "extra-opts":
                words = [f"--{name}={value}"]
            if option.argument:
                yield name, ({variable(name): value}, words)
            elif name != "verbose":
                yield name, ({variable(name): True}, [f"--{name}"])
        for number, word in enumerate(LEVELS, 1):
            yield word, ({"imc_verbose": number}, [word])

    @classmethod
    def _services(cls):
        """(host, name, variables)"""
        for name, (host, variables, _) in cls.ADDRESSES.items():
            yield host, name, variables
        for name, (variables, _) in cls.rows.items():
            yield "neither", name, variables

    @classmethod
    def _objects(cls):
        for name, addresses in cls.HOSTS.items():
            yield HOST.format(name=name, addresses=addresses)
        for host, name, variables in cls._services():
            yield SERVICE.format(name=name, host=host, variables="\n\t".join(
                f"vars.{key} = {literal(value)}" for key, value in variables.items()))

    def test_each_value_arrives(self):
        for name, (_, words) in self.rows.items():
            with self.subTest(name):
                self.assertEqual(self.asked[name], words)

    def test_the_server(self):
        for name, (_, _, words) in self.ADDRESSES.items():
            with self.subTest(name):
                self.assertEqual(self.asked[name], words)

    # -- options and arguments, as icinga2 understood them -----------------------------

    def test_each_option_is_an_argument_of_the_check(self):
        """In the words of --help, and under the option's own variable."""
        found = self.node.objects("checkcommands")["imc"]["arguments"]
        known = dict(self.options)
        self.assertEqual({found.pop(name)["description"] for name in LEVELS},
                         {known.pop("verbose").help})
        self.assert_arguments(found, known)
        for name, option in known.items():
            with self.subTest(name):
                argument = found[f"--{name}"]
                self.assertEqual(argument["description"], option.help)
                self.assertIn(f"${variable(name)}$",
                              argument["value" if option.argument else "set_if"])

    def test_each_option_is_an_argument_of_the_start(self):
        known = options("imc-start", without=NOT_OF_A_START)
        found = self.node.objects("eventcommands")["imc_start"]["arguments"]
        self.assert_arguments(found, known)
        for name in known.keys() - OF_NAGIOS:
            with self.subTest(name):
                own, = (set(re.findall(r"\$(\w+)\$", str(found[f"--{name}"]))))
                self.assertIn(own, (variable(name), variable(name, "imc_start")))
                self.assertTrue(known[name].help.startswith(
                    found[f"--{name}"]["description"]))

    def assert_arguments(self, found, known):
        self.assertGreater(len(known), 5)
        self.assertEqual(set(found), {f"--{name}" for name in known})

    def test_a_start_has_its_time(self):
        """Icinga lets it live for longer than it takes at most."""
        found = self.node.objects("eventcommands")["imc_start"]
        self.assertGreater(found["timeout"], found["vars"]["imc_start_timeout"])


class Files(unittest.TestCase):
    def nodes(self, folder, changed=None, old=None, new=None):
        """A node of its own with all that Debian has, and both of the example."""
        def text(name, place="."):
            return shipped(f"{place}/{name}", {old: new} if name == changed else ())
        single, master, satellite = (
            Node(folder, name, {old: new} if changed == icinga.COMMANDS else ())
            for name in ("exch.example.com", "master.example.com",
                         "satellite.example.com"))
        for one in ("conf.d", "features-available"):
            shutil.copytree(icinga.DEBIAN / one, single.folder / "etc" / one,
                            dirs_exist_ok=True)
        host = shipped("two-nodes/zones.d/satellite/imc-hosts.conf")
        single.write("conf.d/imc-services.conf", text(icinga.SERVICES))
        single.write("conf.d/imc-hosts.conf", host)
        master.write("zones.d/global-templates/imc-services.conf", text(icinga.SERVICES))
        for zone in ("master", "satellite"):
            name = f"zones.d/{zone}/imc-hosts.conf"
            master.write(name, shipped(f"two-nodes/{name}").replace(
                "vars.imc_server", "vars.imc_start = true\n\tvars.imc_server"))
        master.write(SATELLITE, text(SATELLITE, icinga.TWO_NODES))
        for node in (master, satellite):
            node.write("zones.conf", shipped("two-nodes/zones.conf"))
        return single, master, satellite

    def test_valid(self):
        with lab.Folder() as folder:
            nodes = self.nodes(folder.path)
            for node in nodes:
                with self.subTest(node.name):
                    code, said = node.verify()
                    self.assertEqual(code, 0, said)
                    self.assertNotRegex(said, "warning/|critical/")
                    self.assertIn("Instantiated 1 EventCommand.", said)

    def test_faults_are_found(self):
        for name, old, new, words in FAULTS:
            with self.subTest(new), lab.Folder() as folder:
                _, master, _ = self.nodes(folder.path, name, old, new)
                code, said = master.verify()
                self.assertEqual(code, 1, said)
                self.assertRegex(said, f"critical/config: Error: [^\\n]*{words}")

    def test_variables_of_the_examples(self):
        """Icinga takes any variable: those that are named are those of the commands."""
        texts = {path: path.read_text(encoding="utf-8")
                 for path in icinga.SHIPPED.rglob("*") if path.is_file()}
        known = set(re.findall(r"\$(imc_\w+)\$", texts[icinga.SHIPPED / icinga.COMMANDS]))
        known |= {"imc_start", "imc_endpoint"}      # of the apply rule
        named = {name for text in texts.values()
                 for name in re.findall(r"\b(?:vars\.)(imc_\w+)", text)}
        self.assertGreater(len(named), 5)
        self.assertEqual(named - known, set())


if __name__ == "__main__":
    unittest.main()
