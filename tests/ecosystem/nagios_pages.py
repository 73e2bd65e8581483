# SPDX-License-Identifier: GPL-3.0-or-later
"""Nagios's CGI pages as a browser shows them: Debian's CGI programs behind an apache2 of
the test's own, which has Debian's configuration for them, and a headless Chromium.

    with Watch(EXCH01=scenario) as watch:
        watch.daemon.start()
        watch.wait_for("EXCH01", "CRITICAL")
        with Pages(watch.folder.path / "site", watch.daemon.configuration) as pages:
            page = pages.read(pages.of_service("EXCH01"))
            page.text, page.row("Performance Data:"), page.tags

The CGI programs run as www-data: they must be able to read what the daemon writes.
"""
import contextlib
import html.parser
import pathlib
import re
import socket
import subprocess
import tempfile
import urllib.parse

import agentd
import lab
from agentd import wait_for
from lab import NTServer
from nagios import STATE_DIR, Nagios

CHECK = "/usr/lib/nagios/plugins/check_imc"
APACHE, CHROMIUM = "/usr/sbin/apache2", "/usr/bin/chromium"
DEBIAN = pathlib.Path("/etc/nagios4")
CGI, SERVICE = "/cgi-bin/nagios4", "Internet Mail Service"
MODULES = ("mpm_prefork", "authn_core", "authn_file", "authz_core", "authz_host",
           "authz_groupfile", "authz_user", "auth_digest", "alias", "cgi", "dir", "env",
           "mime")
CONFIGURATION = """\
ServerRoot /usr/lib/apache2
ServerName localhost
Listen {host}:{port}
PidFile {folder}/apache2.pid
ErrorLog {folder}/error.log
DefaultRuntimeDir {folder}
DocumentRoot {folder}
User www-data
Group www-data
StartServers 1
TypesConfig /etc/mime.types
{modules}
SetEnv NAGIOS_CGI_CONFIG {folder}/cgi.cfg
Include {debian}/apache2.conf
"""
# As root it has no sandbox; the pages are those of the test, and it can find no others.
BROWSER = (CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
           "--disable-background-networking", "--disable-breakpad",
           "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
           "--disable-extensions", "--no-proxy-server",
           f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {lab.HOST}")
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
         "source", "track", "wbr"}


class Watch:
    """Servers, the configuration that names them, and a Nagios that checks them once it
    is started; `options` of check_imc are for all."""

    def __init__(self, options="", **scenarios):
        self._scenarios, self._options = scenarios, options
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        self.folder = self._stack.enter_context(lab.Folder())
        self.folder.path.chmod(0o755)       # the pages' user looks into it
        self.servers = {name: self._stack.enter_context(NTServer(one))
                        for name, one in self._scenarios.items()}
        self.credentials = self.folder.credentials()
        self.configuration = self.folder.path / "imc-monitor.conf"
        self.configure()
        self.daemon = Nagios(self.folder.path, {CHECK: lab.PROGRAM,
                                                STATE_DIR: self.folder.state()})
        self._stack.callback(self.daemon.stop)
        for name in self.servers:
            self.daemon.add(name, "imc-service",
                            f"--config {self.configuration} {self._options}")
        return self

    def __exit__(self, *_):
        self._stack.close()

    def configure(self, **more):
        """`more`: further lines of a server's section."""
        text = (f"[defaults]\naddress = {lab.HOST}\n"
                f"credentials = {self.credentials}\n")
        for name, server in self.servers.items():
            text += f"[server {name}]\nport = {server.port}\n{more.get(name, '')}\n"
        self.configuration.write_text(text, encoding="utf-8")

    def extend(self, name, text):
        """One of the daemon's files, before it is started."""
        with open(self.folder.path / name, "a", encoding="utf-8") as file:
            file.write(text)

    def wait_for(self, server, state, kind="HARD"):
        def is_so():
            found = self.daemon.service(server)
            return found if (found.state, found.type) == (state, kind) else None
        return wait_for(f"{server} is {state} {kind}", is_so, detail=self.daemon.log)

    def alerts(self, server):
        """("CRITICAL", "SOFT", 1) for each change of state or attempt."""
        found = re.findall(rf"SERVICE ALERT: {server.lower()};[^;]*;(\w+);(\w+);(\d+);",
                           self.daemon.log())
        return [(state, kind, int(attempt)) for state, kind, attempt in found]


def stored(daemon, server):
    """{field: value} of a service in status.dat, which the pages are made of."""
    text = (daemon.folder / "status.dat").read_text(encoding="utf-8")
    for block in re.findall(r"^servicestatus \{\n(.*?)^\t\}$", text, re.M | re.S):
        found = dict(line.strip().split("=", 1) for line in block.splitlines())
        if found["host_name"] == server.lower():
            return found
    raise AssertionError(f"no service of {server}: {text}")


class Page(html.parser.HTMLParser):
    """What Chromium made of a page, scripts run: every element, and what is seen."""

    def __init__(self, dom):
        super().__init__(convert_charrefs=True)
        self.dom = dom
        self.elements = []      # (tag, {attribute: value}), in their order
        self.scripts = []       # the texts of script elements
        self.rows = []          # of tables: the texts of their cells
        self._open, self._seen, self._cells = [], [], []
        self.feed(dom)
        self.close()

    @property
    def text(self):
        return " ".join("".join(self._seen).split())

    @property
    def tags(self):
        """Without those that only break a line."""
        return [tag for tag, _ in self.elements if tag != "br"]

    def row(self, first):
        """The cells of the one row whose first cell reads like that."""
        found = [row for row in self.rows if row[0] == first]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} rows begin with {first!r}: {self.dom}")
        return found[0]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in ("br", "td", "th", "p", "div"):
            self._add("\n")
        if tag in EMPTY:
            return
        self._open.append(tag)
        if tag == "tr":
            self._cells.append([])
        elif tag in ("td", "th") and self._cells:
            self._cells[-1].append("")

    def handle_endtag(self, tag):
        if tag not in self._open:
            return
        while self._open.pop() != tag:
            pass
        if tag == "tr":
            cells = [" ".join(cell.split()) for cell in self._cells.pop()]
            self.rows += [cells] if cells else []

    def handle_data(self, data):
        if "script" in self._open:
            self.scripts.append(data)
        elif "style" not in self._open and "title" not in self._open:
            self._add(data)

    def _add(self, text):
        self._seen.append(text)
        if self._cells and self._cells[-1]:
            self._cells[-1][-1] += text


class Pages:
    """`settings`: other values than Debian's in cgi.cfg."""

    def __init__(self, folder, configuration, **settings):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.port = lab.free_port()
        self.process = None
        text = (DEBIAN / "cgi.cfg").read_text(encoding="utf-8")
        for key, value in {"main_config_file": configuration, "enable_page_tour": 0,
                           **settings}.items():
            text = re.sub(rf"(?m)^{key}=.*\n", "", text) + f"{key}={value}\n"
        (self.folder / "cgi.cfg").write_text(text, encoding="utf-8")
        (self.folder / "apache2.conf").write_text(CONFIGURATION.format(
            host=lab.HOST, port=self.port, folder=self.folder, debian=DEBIAN,
            modules="\n".join(f"LoadModule {name}_module modules/mod_{name}.so"
                              for name in MODULES)), encoding="utf-8")

    def __enter__(self):
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(
                [APACHE, "-f", self.folder / "apache2.conf", "-DFOREGROUND"],
                env=lab.environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, start_new_session=True)
        wait_for("apache2 listens", self._listens, detail=self.log)
        return self

    def __exit__(self, *_):
        agentd.end(self.process)

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"apache2 ended: {self.log()}")
        with socket.socket() as probe:
            return probe.connect_ex((lab.HOST, self.port)) == 0

    def log(self):
        return "".join(path.read_text(errors="replace")
                       for path in (self.folder / "out", self.folder / "error.log")
                       if path.exists())

    # -- addresses -------------------------------------------------------------------

    def _address(self, program, **query):
        return (f"http://{lab.HOST}:{self.port}{CGI}/{program}?"
                f"{urllib.parse.urlencode(query)}")

    def of_hosts(self, name="all"):
        return self._address("status.cgi", host=name.lower())

    def of_service(self, server):
        return self._address("extinfo.cgi", type=2, host=server.lower(), service=SERVICE)

    # -- the browser -----------------------------------------------------------------

    def _browse(self, address, *options):
        profile = tempfile.mkdtemp(prefix="profile-", dir=self.folder)
        done = subprocess.run(
            [*BROWSER, f"--user-data-dir={profile}", *options, address],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=lab.HANG, start_new_session=True,
            env={**lab.environment(), "HOME": str(self.folder), "LC_ALL": "C.UTF-8"})
        if done.returncode != 0:
            raise AssertionError(f"{address}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode("utf-8")

    def read(self, address):
        return Page(self._browse(address, "--dump-dom"))

    def picture(self, address, path, width, height, scale=1):
        self._browse(address, f"--screenshot={path}", f"--window-size={width},{height}",
                     f"--force-device-scale-factor={scale}")
