# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's prometheus-snmp-exporter and prometheus, private ones, and what they tell.

    exporter = Exporter(folder, SHIPPED / "0.21" / "snmp.yml")
    scrape = exporter.scrape(snmpd.port)
    scrape.value("imcServerStatus", imcServerName="EXCH01", imcServerStatus="ok")
"""
import json
import pathlib
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import agentd
import lab
from agentd import wait_for

SHIPPED = agentd.ROOT / "packaging" / "prometheus"
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)",?')
ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


def get(url):
    """The body, or none where nobody answers yet."""
    try:
        with urllib.request.urlopen(url, timeout=agentd.PATIENCE) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as why:
        raise AssertionError(f"{url}: {why}: {why.read().decode()}") from why
    except OSError:
        return None


class Scrape:
    """The samples and types of one answer of an exporter."""

    def __init__(self, text):
        self.types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
        self.samples = [
            (name, {key: re.sub(r"\\.", lambda found: ESCAPES[found.group()], value)
                    for key, value in LABEL.findall(labels or "")}, float(value))
            for name, labels, value in sample_lines(text)]
        self.names = {name for name, _, _ in self.samples}

    def of(self, name, **labels):
        """[(labels, value)] of a metric with at least these labels."""
        return [(found, value) for one, found, value in self.samples
                if one == name and labels.items() <= found.items()]

    def value(self, name, **labels):
        """Of the one series; none: there is none."""
        found = self.of(name, **labels)
        if len(found) > 1:
            raise AssertionError(f"{name}{labels}: {found}")
        return found[0][1] if found else None


def sample_lines(text):
    for line in text.splitlines():
        if line and not line.startswith("#"):
            found = SAMPLE.match(line)
            if not found:
                raise AssertionError(f"no sample: {line!r}")
            yield found.groups()


class Daemon:
    """Something that answers HTTP, with its log in a folder."""

    def __init__(self, folder, name, words, port, ready):
        self.port, self.log = port, pathlib.Path(folder) / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*map(str, words), f"--web.listen-address={lab.HOST}:{port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        wait_for(f"{name} answers", lambda: self._is_ready(ready), detail=self.said)

    def _is_ready(self, ready):
        if self.process.poll() is not None:
            raise AssertionError(self.said())
        try:
            return get(self.url(ready)) is not None
        except AssertionError:          # not yet: 503
            return False

    def said(self):
        return self.log.read_text(errors="replace")

    def url(self, path, **query):
        return f"http://{lab.HOST}:{self.port}{path}?{urllib.parse.urlencode(query)}"

    def stop(self):
        agentd.end(self.process)


class Exporter(Daemon):
    def __init__(self, folder, configuration):
        super().__init__(folder, "exporter", [
            "prometheus-snmp-exporter", f"--config.file={configuration}"],
            lab.free_port(), "/")

    def scrape(self, snmp_port, module="imc_monitor"):
        return Scrape(get(self.url("/snmp", module=module,
                                   target=f"{lab.HOST}:{snmp_port}")))


class Prometheus(Daemon):
    def __init__(self, folder, configuration):
        super().__init__(folder, "prometheus", [
            "prometheus", f"--config.file={configuration}",
            f"--storage.tsdb.path={folder}/tsdb"], lab.free_port(), "/-/ready")

    def api(self, what, **query):
        return json.loads(get(self.url(f"/api/v1/{what}", **query)))["data"]

    def query(self, expression):
        """[(labels, value)]"""
        return [(one["metric"], float(one["value"][1]))
                for one in self.api("query", query=expression)["result"]]
