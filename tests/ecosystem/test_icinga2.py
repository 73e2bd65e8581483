# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Icinga 2 with the files that are shipped: a master and its satellite, which are
two daemons on loopback, and lab servers that only the satellite knows.
"""
import re
import unittest

import icinga
import lab
from agentd import wait_for
from icinga import Authority, Node, Recorder
from lab import NTServer

MASTER, SATELLITE = "master.example.com", "satellite.example.com"
STARTER = "starter"         # the account that may start, so that its logons tell of it
START_SERVICE = 19          # svcctl's
# Hosts of the example, and others like them that have imc_start.
ENDPOINT, ZONE, ENDPOINT_START, ZONE_START = "EXCH01", "EXCH02", "EXCH03", "EXCH04"
HOSTS = "zones.d/{}/imc-hosts.conf"
WATCHING = "zones.d/master/imc-satellite.conf"
WATCH = "satellite.example.com!satellite-zone"
ATTEMPTS = 4                # of imc-service
TO_HARD = [("OK", "HARD", "1"), ("CRITICAL", "SOFT", "1"), ("CRITICAL", "SOFT", "2"),
           ("CRITICAL", "SOFT", "3"), ("CRITICAL", "HARD", "1")]
BY_ADDRESS = """
object Host "exch05" {{
    check_command = "dummy"
    address = "{host}"
    vars.imc_endpoint = "{endpoint}"
    vars.imc_credentials = "{credentials}"
    vars.imc_port = {port}
    vars.imc_verbose = 1
    vars.imc_severity = [ "active=warning", "stale=ok" ]
}}
"""


def service(server):
    return f"{server.lower()}!imc"


def failed_start():
    users = {lab.USER: lab.PASSWORD, STARTER: lab.PASSWORD}
    return lab.scenario("active-automatic", users=users)


def before_the_boot():
    """The same server, when all was well; and what to append for what came then."""
    later = failed_start()
    events = [("application", later["application_log"][1:]),
              ("system", later["system_log"][1:])]
    began = {f"{log}_log": later[f"{log}_log"][:1] for log, _ in events}
    service = {**later["service"], "state": "running", "win32_exit": 0,
               "specific_exit": 0}
    return {**later, **began, "service": service}, events


def fail(server):
    """A boot, and an automatic start that ended in 4071."""
    for log, events in before_the_boot()[1]:
        for event in events:
            server.append_event(log, event)
    failed = failed_start()["service"]
    server.set_service(**{name: failed[name]
                          for name in ("state", "win32_exit", "specific_exit")})


class TwoNodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = lab.Folder()
        cls.addClassCleanup(folder.remove)
        cls.folder, cls.state = folder.path, folder.state()
        cls.credentials = folder.credentials()
        scenarios = {ENDPOINT: failed_start(), ZONE: lab.scenario("running"),
                     ENDPOINT_START: before_the_boot()[0],
                     ZONE_START: before_the_boot()[0]}
        cls.servers = {name: cls.enterClassContext(NTServer(scenario))
                       for name, scenario in scenarios.items()}
        cls.config = cls._configure(folder.credentials(STARTER))
        cls.starts, cls.nodes = {}, {}
        for name in (MASTER, SATELLITE):
            cls._add_node(name)
        cls.master, cls.satellite = cls.nodes[MASTER], cls.nodes[SATELLITE]
        cls._write_hosts()
        authority = Authority(cls.master)
        for node in (cls.satellite, cls.master):
            authority.certify(node)
            cls.addClassCleanup(node.stop)
            node.start()
        cls._wait_for_connection()

    @classmethod
    def _configure(cls, starter):
        path = cls.folder / "imc-monitor.conf"
        lines = ["[defaults]", f"address = {lab.HOST}", "allow_start = yes",
                 f"credentials = {cls.credentials}", f"start_credentials = {starter}"]
        for name, server in cls.servers.items():
            lines += [f"[server {name}]", f"port = {server.port}"]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        path.chmod(0o600)
        return path

    @classmethod
    def _add_node(cls, name):
        """The master has neither a plugin nor a configuration of imc-monitor."""
        is_master = name == MASTER
        starts = Recorder(cls.folder / f"imc-start.{name}", lab.BUILD / "imc-start")
        plugin = cls.folder / "absent" if is_master else lab.PROGRAM
        node = Node(cls.folder, name, {icinga.PLUGIN: f'"{plugin}"',
                                       icinga.STARTER: f'"{starts.path}"'})
        config = cls.folder / "absent.conf" if is_master else cls.config
        with open(node.folder / "etc/constants.conf", "a", encoding="utf-8") as file:
            file.write(f'const ImcConfig = "{config}"\n')
        cls.starts[name], cls.nodes[name] = starts, node

    @classmethod
    def _write_hosts(cls):
        """What the example says, where an address and a port are the only changes."""
        address = {'host = "satellite.example.com"': f'host = "{lab.HOST}"',
                   "port = 5665": f"port = {cls.satellite.port}"}
        for node in cls.nodes.values():
            node.write("zones.conf", icinga.shipped(f"{icinga.TWO_NODES}/zones.conf",
                                                    address))
        cls.master.write("zones.d/global-templates/imc-services.conf", icinga.shipped(
            icinga.SERVICES, {icinga.STATE_DIR: f'"{cls.state}"'}))
        cls.master.write(WATCHING, icinga.shipped(
            f"{icinga.TWO_NODES}/{WATCHING}",
            {"check_interval = 1m": "check_interval = 2s",
             "retry_interval = 30s": "retry_interval = 1s"}))
        cls.master.write(HOSTS.format("master"), "".join((
            cls._host("master", ENDPOINT, f'"{cls.config}"'),
            cls._host("master", ENDPOINT_START, f'"{cls.config}"', ENDPOINT),
            BY_ADDRESS.format(host=lab.HOST, endpoint=SATELLITE,
                              credentials=cls.credentials,
                              port=cls.servers[ENDPOINT].port))))
        cls.master.write(HOSTS.format("satellite"), "".join((
            cls._host("satellite", ZONE, "ImcConfig"),
            cls._host("satellite", ZONE_START, "ImcConfig", ZONE))))

    @staticmethod
    def _host(zone, server, config, like=None):
        """A host of the example; or one like it, which has imc_start."""
        known = like or server
        line = f'vars.imc_server = "{known}"'
        text = icinga.shipped(f"{icinga.TWO_NODES}/{HOSTS.format(zone)}", {
            line: f"{line}\n\tvars.imc_config = {config}"
                  + ("\n\tvars.imc_start = true" if like else "")})
        return text.replace(known, server).replace(known.lower(), server.lower())

    @classmethod
    def _wait_for_connection(cls):
        """Until the satellite has, and uses, the hosts of its zone."""
        wait_for("the satellite has its hosts",
                 lambda: service(ZONE_START) in cls.satellite.services(),
                 icinga.PATIENCE, detail=cls.satellite.log)
        wait_for("both see each other", lambda: (
            cls.master.is_connected(cls.satellite)
            and cls.satellite.is_connected(cls.master)), icinga.PATIENCE,
                 detail=cls.master.log)
        for node in cls.nodes.values():
            node.postpone()

    def check(self, server):
        """Once more, on the node that plans it; what the master knows of it then."""
        name = service(server)
        planner = self.satellite if server in (ZONE, ZONE_START) else self.master
        found = planner.check(name)
        wait_for("the master knows", lambda: self.master.service(name) == found,
                 icinga.PATIENCE, detail=self.master.log)
        return found

    def sent(self, server):
        return [call for call in self.servers[server].calls
                if (call["pipe"], call["opnum"]) == ("svcctl", START_SERVICE)]

    def calls(self, node, server):
        """What Icinga's handler was asked on that node, and its exit codes."""
        calls = self.starts[node].calls(server)
        return [tuple(call.value(f"--{name}") for name in
                      ("service-state", "state-type", "attempt")) for call in calls], [
                          call.code for call in calls]

    def wait_for_calls(self, node, server, count):
        wait_for(f"{count} calls for {server} on {node}",
                 lambda: len(self.calls(node, server)[0]) >= count, icinga.PATIENCE,
                 detail=lambda: f"{self.calls(node, server)}{self.nodes[node].log()}")
        return self.calls(node, server)

    # -- checks ----------------------------------------------------------------------

    def test_check_of_the_masters(self):
        found = self.check(ENDPOINT)
        self.assertEqual((found.state, found.source), ("CRITICAL", SATELLITE))
        self.assertRegex(found.output, "IMC CRITICAL.*4071.*automatic start")
        self.assertIn("events_4071=1", "".join(found.perfdata))

    def test_check_of_the_satellites(self):
        found = self.check(ZONE)
        self.assertEqual((found.state, found.source), ("OK", SATELLITE))
        self.assertRegex(found.output, "IMC OK.*running")
        self.assertTrue(found.perfdata)
        self.assertNotIn(service(ENDPOINT), self.satellite.services())

    def test_check_by_address(self):
        """An account is enough. Functions of the command, and lists, reach the
        satellite."""
        found = self.master.check("exch05!imc")
        self.assertEqual((found.state, found.source), ("WARNING", SATELLITE))
        self.assertRegex(found.output, "(?s)IMC WARNING.*4071.*\n")

    # -- the satellite is gone --------------------------------------------------------

    def test_dead_satellite(self):
        """Its last word stays, OK included: the watch on the master alone tells."""
        last = self.check(ZONE)
        self.assertEqual(last.state, "OK")
        self.assertEqual(self.master.check(WATCH).state, "OK")
        self.satellite.stop()
        try:
            self.wait_for_watch("CRITICAL")
            self.assertEqual(self.master.service(service(ZONE)), last)
        finally:
            self.satellite.start()
            self._wait_for_connection()
            self.master.check(WATCH)
        self.wait_for_watch("OK")

    def wait_for_watch(self, state):
        """By checks that nobody asks for."""
        wait_for(f"{WATCH} is {state}", lambda: (
            (found := self.master.service(WATCH)).state, found.type) == (state, "HARD"),
                 icinga.PATIENCE, detail=self.master.log)

    # -- the event handler -------------------------------------------------------------

    def to_hard(self, server):
        """Its status when it became HARD, before which nothing is sent."""
        for _ in range(ATTEMPTS):
            self.assertEqual(self.sent(server), [])
            found = self.check(server)
            if found.type == "HARD":
                break
        return found

    def assert_started_once(self, node, server):
        """By that node, when the state became HARD; then Icinga tells of WARNING."""
        self.wait_for_calls(node, server, len(TO_HARD))
        found = self.check(server)
        self.assertEqual((found.state, found.type), ("WARNING", "HARD"))
        self.assertRegex(found.output, "running.*4071.*automatic start")
        asked, codes = self.wait_for_calls(node, server, len(TO_HARD) + 1)
        self.assertEqual(asked, [*TO_HARD, ("WARNING", "HARD", "1")])
        self.assertEqual(codes, [1, 1, 1, 1, 0, 1])
        self.assertEqual(len(self.sent(server)), 1)
        self.assertEqual(self.servers[server].logon_attempts(STARTER), 1)

    def test_event_handler(self):
        names = [ENDPOINT, ENDPOINT_START, ZONE_START]
        for name in names[1:]:
            self.assertEqual(self.check(name).state, "OK")
            fail(self.servers[name])
        found = [self.to_hard(name) for name in names]
        self.assertEqual([(one.state, one.type) for one in found],
                         [("CRITICAL", "HARD")] * len(names))
        self.assertEqual([one.event_command for one in found],
                         ["", "imc_start", "imc_start"])
        with self.subTest("of the master's: the satellite alone"):
            self.assert_started_once(SATELLITE, ENDPOINT_START)
            self.assertEqual(self.calls(MASTER, ENDPOINT_START), ([], []))
        with self.subTest("of the satellite's: both, and one of them may"):
            self.assert_started_once(SATELLITE, ZONE_START)
            _, codes = self.wait_for_calls(MASTER, ZONE_START, len(TO_HARD) + 1)
            self.assertEqual(codes, [3] * len(codes))
        with self.subTest("of one without imc_start: nobody"):
            self.assertEqual(self.sent(ENDPOINT), [])
            self.assertEqual([self.starts[name].calls(ENDPOINT) for name in self.nodes],
                             [[], []])


if __name__ == "__main__":
    unittest.main()
