# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's snmp_exporter scrapes imc-agentd with the module that is shipped, Prometheus
with the job, the rules and the dashboard's queries. Of the form for 0.23 and newer, only
what it says is looked at: Debian 12 has no exporter that reads it."""
import itertools
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import agentd
import lab
import yaml
from agentd import CONDITIONS, STATUSES, TRIGGERS, wait_for
from metrics import SHIPPED, Exporter, Prometheus

OLD, NEW = (SHIPPED / version / "snmp.yml" for version in ("0.21", "0.23"))
RULES, RULE_TEST = SHIPPED / "imc-alerts.yml", SHIPPED / "imc-alerts-test.yml"
JOB, DASHBOARD = SHIPPED / "imc-scrape.yml", SHIPPED / "grafana" / "imc-monitor.json"
# Over SMB, from copied logs, and not at all.
DOWN, RUNS, LOST = "EXCH01", "EXCH02", "EXCH03"
ADVICE = "imcServerAdvice"
# {(job, instance): of how many scrapes one is lost}; each differs in one of the two.
TARGETS = {("imc-monitor", "hub"): 3, ("imc-monitor", "hub2"): 10, ("lab", "hub"): None}
ENUMS = {"EnumAsInfo": "_info", "EnumAsStateSet": ""}
# Columns that have a value whatever is known.
ALWAYS = ("imcServerStatus", "imcServerKeys", "imcServerSource", "imcServerServiceState",
          "imcServerCondition", "imcServerTrigger_info", "imcServerStartType_info",
          "imcServerConditionSince", "imcServerTotal4071", "imcServerMaintenance",
          "imcServerInterval", "imcServerNextPollTime", "imcServerFailureKind_info",
          "imcServerFailedPolls", "imcServerDiscontinuityTime")


def run(*words, cwd=None):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, cwd=cwd)


def loaded(path):
    return yaml.safe_load(path.read_text())


def expressions(dashboard):
    """[(what asks, PromQL)] of a dashboard's panels and variables."""
    panels = [(panel["title"], target["expr"])
              for panel in dashboard["panels"] for target in panel["targets"]]
    return panels + [(one["name"], one["definition"])
                     for one in dashboard["templating"]["list"] if "definition" in one]


def names_in(expression):
    """Metrics of PromQL: all words of our prefix but labels and what is quoted."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\b(?:by|on|without) \([^)]*\)", "", bare)
    bare = re.sub(r"label_values\((\w+)(\{[^}]*\})?, \w+\)", r"\1\2", bare)
    return set(re.findall(r"\bimc[A-Z]\w*\b(?!\s*(?:=|!=))", bare))


def labels_of(job, instance, server):
    return f'job="{job}",instance="{instance}",imcServerName="{server}"'


class Scraped(agentd.Case):
    """One imc-agentd, one exporter and one Prometheus for all tests, which only look."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls("serve")
        cls.addClassCleanup(cls.case.doCleanups)
        agentd.Case.setUp(cls.case)
        cls.case.start_all()

    def setUp(self):
        vars(self).update({key: value for key, value in vars(self.case).items()
                           if not key.startswith("_")})

    def start_all(self):
        host = self.lab_servers()
        port = host.start(DOWN, lab.scenario("active-automatic"))
        self.serve({
            DOWN: {"address": lab.HOST, "port": port, "credentials": self.credentials(),
                   "fixed_since": "2001-02-03T04:05:06Z"},
            RUNS: self.logs().section(maintenance="yes"),
            LOST: self.logs("lost").section(evt=self.folder / "none.Evt",
                                            system_evt=self.folder / "nor.Evt")},
            defaults={"retries": 0})
        self.exporter = Exporter(self.folder, OLD)
        self.addCleanup(self.exporter.stop)
        self.wait_for("all are polled, the lost one as often as it takes", lambda: (
            self.cell(LOST, "Keys") == "unreachable"
            and self.cell(DOWN, "Status") == 2))
        self.start_prometheus()
        self.scrape = self.exporter.scrape(self.snmpd.port)

    def start_prometheus(self):
        """With the job that is shipped, whose exporter and interval are ours."""
        job = loaded(JOB)
        scrape, = job["scrape_configs"]
        scrape.update(scrape_interval="1s", scrape_timeout="1s")
        scrape["static_configs"][0]["targets"] = [f"{lab.HOST}:{self.snmpd.port}"]
        scrape["relabel_configs"][-1]["replacement"] = f"{lab.HOST}:{self.exporter.port}"
        job["rule_files"] = [str(RULES)]
        job["global"] = {"evaluation_interval": "1s"}
        path = self.folder / "prometheus.yml"
        path.write_text(yaml.safe_dump(job))
        self.prometheus = Prometheus(self.folder, path)
        self.addCleanup(self.prometheus.stop)
        wait_for("Prometheus has scraped a few times", lambda: self.prometheus.query(
            "count_over_time(imcServerCount[1m]) > 3"), detail=self.prometheus.said)

    # -- the module ---------------------------------------------------------------------

    def cells(self):
        """{metric without suffix: {server or none: raw value}} by SNMP."""
        columns, found = agentd.columns("imcServer"), {}
        for name, number in agentd.names().items():
            if number[:-1] == agentd.names()["imcAgent"]:
                value, = self.manager.get((*number, 0))
                if value not in ("noSuchInstance", "noSuchObject"):
                    found[name] = {None: value}
        entry = agentd.names()["imcServerEntry"]
        for one, value in self.manager.walk(entry):
            name = "imcServer" + columns[one[len(entry)]]
            server = bytes(one[len(entry) + 2:]).decode()
            found.setdefault(name, {})[server] = value
        return found

    def test_each_cell_is_a_metric(self):
        """With its type, its label, and its value; and what is no cell is no metric."""
        cells, kinds = self.cells(), self.kinds()
        ignored = {name for name, one in loaded(SHIPPED / "0.21" / "generator.yml")
                   ["modules"]["imc_monitor"]["overrides"].items() if one.get("ignore")}
        self.assertEqual(ignored, {"imcServerName", "imcServerStatusText",
                                   "imcServerFailureText"})
        expected = set()
        for name, of_server in cells.items():
            if name in ignored:
                continue
            kind, states = kinds[name]
            metric = name + ENUMS.get(kind, "")
            expected.add(metric)
            with self.subTest(name):
                self.assertEqual(
                    {labels.get("imcServerName") for labels, _ in self.scrape.of(metric)},
                    set(of_server))
                for server, raw in of_server.items():
                    labels = {"imcServerName": server} if server else {}
                    self.assert_value(metric, kind, states, labels, raw)
        ours = {name for name in self.scrape.names if name.startswith("imc")}
        self.assertEqual(ours, expected)

    @staticmethod
    def kinds():
        """{name: (type, {number: name of the state})} in the module."""
        return {one["name"]: (one["type"], one.get("enum_values"))
                for one in loaded(OLD)["imc_monitor"]["metrics"]}

    def assert_value(self, metric, kind, states, labels, raw):
        found = self.scrape.of(metric, **labels)
        type_ = self.scrape.types[metric]
        if kind == "EnumAsStateSet":
            self.assertEqual(
                {one[metric]: value for one, value in found},
                {state: float(number == raw) for number, state in states.items()})
            return
        (more, value), = found
        more = {key: text for key, text in more.items() if key != "imcServerName"}
        if kind == "EnumAsInfo":
            self.assertEqual((more, value),
                             ({metric.removesuffix("_info"): states[raw]}, 1))
        elif kind == "DisplayString":
            self.assertEqual((more, value), ({metric: raw.decode()}, 1))
        elif kind == "DateAndTime":
            self.assertEqual(more, {})
            self.assertEqual(value, int(agentd.moment(raw)))
        else:
            self.assertEqual((more, type_), ({}, kind))
            goes_on = kind == "counter" or metric == "imcServerLastPollAge"
            later = raw - value
            self.assertTrue(0 <= later <= (agentd.PATIENCE if goes_on else 0), later)

    def test_what_is_not_known_is_no_zero(self):
        for name in ALWAYS:
            with self.subTest(name):
                self.assertEqual({server for labels, _ in self.scrape.of(name)
                                  for server in [labels["imcServerName"]]},
                                 {DOWN, RUNS, LOST})
        self.assertEqual(self.scrape.value("imcServerStatus", imcServerName=LOST,
                                           imcServerStatus="unknown"), 1)
        for name in ("imcServerEvents4071", "imcServerLastPollAge", "imcServerClockSkew",
                     "imcServerDamagedRecords", "imcServerBootTime"):
            with self.subTest(name):
                self.assertIsNone(self.scrape.value(name, imcServerName=LOST))
                self.assertIn(name, self.scrape.names)

    def test_scrape_without_imc_agentd_has_nothing_of_it(self):
        snmpd = agentd.Snmpd(tempfile.mkdtemp(dir=self.folder))
        self.addCleanup(snmpd.stop)
        snmpd.start()
        names = self.exporter.scrape(snmpd.port).names
        self.assertEqual({name for name in names if name.startswith("imc")}, set())

    # -- Prometheus ---------------------------------------------------------------------

    def test_the_dashboard_shows_something_everywhere(self):
        dashboard = json.loads(DASHBOARD.read_text())
        variables = {"job": "imc-monitor", "instance": ".*", "server": ".*",
                     "__rate_interval": "1m"}
        for title, expression in expressions(dashboard):
            for name in names_in(expression):
                with self.subTest(title, metric=name):
                    self.assertIn(name, self.scrape.names)
            if expression.startswith("label_values"):
                continue
            for name, value in variables.items():
                expression = expression.replace(f"${name}", value)
            with self.subTest(title, expression=expression):
                self.assertNotIn("$", expression)
                self.assertTrue(self.prometheus.query(expression), expression)

    def test_the_dashboards_form(self):
        dashboard = json.loads(DASHBOARD.read_text())
        identifiers = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(identifiers), len(set(identifiers)))
        known = {one["name"] for one in dashboard["templating"]["list"]}
        used = set(re.findall(r"\$\{?(\w+)", DASHBOARD.read_text()))
        self.assertLessEqual(used, known | {"__rate_interval"})
        self.assert_no_overlap([panel["gridPos"] for panel in dashboard["panels"]])

    def assert_no_overlap(self, places):
        cells = [(x, y) for one in places for x in range(one["x"], one["x"] + one["w"])
                 for y in range(one["y"], one["y"] + one["h"])]
        self.assertEqual(len(cells), len(set(cells)))
        self.assertLessEqual(max(x for x, _ in cells), 23)

    def test_the_rules_name_what_is_scraped(self):
        for group in loaded(RULES)["groups"]:
            for rule in group["rules"]:
                asked = re.findall(r'printf "([^"]*)"',
                                   " ".join(rule["annotations"].values()))
                for name in names_in(" ".join((rule["expr"], *asked))):
                    with self.subTest(rule["alert"], metric=name):
                        self.assertIn(name, self.scrape.names)

    def test_the_alerts_that_come_up(self):
        def alerts():
            return {(one["labels"]["alertname"], one["labels"].get("imcServerName")): one
                    for one in self.prometheus.api("alerts")["alerts"]}
        # None fires as yet; until one does, that none does is on its way to an alert.
        wait_for("an alert for each of two faults", lambda: set(alerts()) == {
            ("ImcConditionActive", DOWN), ("ImcServerUnknown", LOST)},
                 detail=lambda: str(alerts()))
        advice, = (labels[ADVICE] for labels, _ in
                   self.scrape.of(ADVICE, imcServerName=DOWN))
        self.assertIn(advice, alerts()["ImcConditionActive", DOWN]
                      ["annotations"]["description"])
        self.assertIn("unreachable", alerts()["ImcServerUnknown", LOST]
                      ["annotations"]["description"])


class Forms(unittest.TestCase):
    """Both forms are what the generator makes of the MIB, and say the same."""

    def test_they_are_generated(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run(SHIPPED / "generate.py", "--out", folder,
                       "--mib", agentd.ROOT / "mibs" / "IMC-MONITOR-MIB")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for path in (OLD, NEW):
                with self.subTest(path.parent.name):
                    made = pathlib.Path(folder) / path.relative_to(SHIPPED)
                    self.assertEqual(made.read_text(), path.read_text())

    def test_every_object_is_there(self):
        """By snmptranslate, which knows nothing of the generator."""
        metrics = {one["name"]: one["oid"]
                   for one in loaded(OLD)["imc_monitor"]["metrics"]}
        names = agentd.names()
        of_mib = {name: ".".join(map(str, number)) for name, number in names.items()
                  if number[:-1] in (names["imcAgent"], names["imcServerEntry"])}
        missing = {"imcServerName", "imcServerStatusText", "imcServerFailureText"}
        self.assertEqual(metrics, {name: number for name, number in of_mib.items()
                                   if name not in missing})
        self.assertGreater(len(metrics), 50)

    def test_the_newer_form(self):
        old, new = loaded(OLD)["imc_monitor"], loaded(NEW)
        self.assertEqual(list(new), ["auths", "modules"])
        self.assertEqual(list(new["modules"]), ["imc_monitor"])
        account = new["auths"]["imc_monitor"]
        self.assertEqual(account["version"], old.pop("version"))
        self.assertEqual(account["community"], old.pop("auth")["community"])
        self.assertEqual(new["modules"]["imc_monitor"], old)

    def test_the_generators_own_files(self):
        """The newer one differs where the account is, and nowhere else."""
        old, new = (loaded(path.parent / "generator.yml") for path in (OLD, NEW))
        module = old["modules"]["imc_monitor"]
        account = {"version": module.pop("version"), **module.pop("auth")}
        self.assertEqual(new, {"auths": {"imc_monitor": account}, **old})

    def test_debians_exporter_takes_its_own_form_only(self):
        for path, expected in ((OLD, 0), (NEW, 1)):
            with self.subTest(path.parent.name):
                done = run("prometheus-snmp-exporter", "--dry-run",
                           f"--config.file={path}")
                self.assertEqual(done.returncode, expected, done.stderr)


class Rules(unittest.TestCase):
    def test_promtool_checks(self):
        for words in (("check", "rules", RULES), ("check", "config", JOB),
                      ("test", "rules", RULE_TEST)):
            with self.subTest(" ".join(words[:2])):
                done = run("promtool", *words, cwd=SHIPPED)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("SUCCESS", done.stdout)

    def test_each_alert_is_seen_to_fire_and_to_end(self):
        alerts = {rule["alert"]: rule for group in loaded(RULES)["groups"]
                  for rule in group["rules"]}
        told = [test.get("alert_rule_test", ()) for test in loaded(RULE_TEST)["tests"]]
        for name, rule in alerts.items():
            with self.subTest(name):
                self.assertEqual(set(rule), {"alert", "expr", "for", "labels",
                                             "annotations"})
                self.assertEqual(set(rule["annotations"]), {"summary", "description"})
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertTrue(any(self.is_ended(name, story) for story in told))

    @staticmethod
    def is_ended(name, story):
        last = {bool(one["exp_alerts"]): int(one["eval_time"].rstrip("m"))
                for one in story if one["alertname"] == name}
        return True in last and last[True] < last.get(False, 0)

    def test_no_status_but_ok_is_without_an_alert(self):
        """Whatever condition and trigger it comes with, and whatever it changes to each
        minute, if that is not ok; and no rule is about ok. Nor does a lost scrape change
        that, nor what another target tells of one of the same name."""
        steady = list(itertools.product(STATUSES, CONDITIONS[1:], TRIGGERS[1:]))
        rows = [((status, status), *more) for status, *more in steady]
        rows += [(pair, "none", "none") for pair in
                 (*itertools.combinations(STATUSES[1:], 2), ("ok", "critical"))]
        placed = {(*target, str(row)): rows[(row + shift * len(rows) // 3) % len(rows)]
                  for shift, target in enumerate(TARGETS) for row in range(len(rows))}
        self.assert_firing(
            [(server, alert) for server, cells in placed.items()
             for alert in self.alerts_of(*cells)],
            [one for server, cells in placed.items()
             for one in self.row_of_table(server, *cells)])

    @staticmethod
    def alerts_of(pair, condition, trigger):
        """One fault, one alert; but that nothing is known is said by one of its own."""
        status, other = pair
        if "ok" in pair:
            return []
        if status != other:
            return ["ImcServerNotOk"]
        own = f"ImcServer{status.title()}"
        if condition == "active":
            return ["ImcConditionActive"] + [own] * (status == "unknown")
        returns = condition == "recovered" and trigger in ("automatic", "mixed")
        return ["ImcFaultReturnsAtBoot" if returns and status == "warning" else own]

    @staticmethod
    def row_of_table(server, pair, condition, trigger):
        """Series of one whose status changes each minute between those of a pair."""
        lost = TARGETS[server[:2]]
        for name, states, held in (
                ("imcServerStatus", STATUSES, pair),
                ("imcServerCondition", CONDITIONS[1:], (condition, condition)),
                ("imcServerTrigger_info", (trigger,), (trigger, trigger))):
            for state in states:
                values = [str(int(state == held[minute % 2])) for minute in range(30)]
                if lost:
                    values[lost - 1::lost] = ["stale"] * (30 // lost)
                labels = f'{labels_of(*server)},{name.removesuffix("_info")}="{state}"'
                yield {"series": f"{name}{{{labels}}}", "values": " ".join(values)}

    def assert_firing(self, wanted, series):
        """[(server, alert)] by the rules, after 22 minutes of these series."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "test.yml"
            path.write_text(yaml.safe_dump(
                {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [{
                    "interval": "1m", "input_series": series,
                    "promql_expr_test": [{
                        "expr": "count by (job, instance, imcServerName, alertname) ("
                                "ALERTS{alertstate='firing',imcServerName!=''})",
                        "eval_time": "22m",
                        "exp_samples": [{"value": 1, "labels": f"{{{labels_of(*server)},"
                                                               f'alertname="{alert}"}}'}
                                        for server, alert in wanted]}]}]}))
            done = run("promtool", "test", "rules", path)
            self.assertEqual(done.returncode, 0, (done.stdout + done.stderr)[-3000:])
