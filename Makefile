# SPDX-License-Identifier: GPL-3.0-or-later
# One non-recursive makefile. `make help` lists the targets.

VERSION    := 0.1
PREFIX     ?= /usr/local
DESTDIR    ?=
SBINDIR    ?= $(PREFIX)/sbin
PLUGINDIR  ?= $(PREFIX)/lib/nagios/plugins
MODULEDIR  ?= $(PREFIX)/lib/imc-monitor
MANDIR     ?= $(PREFIX)/share/man
MIBDIR     ?= $(PREFIX)/share/snmp/mibs
SYSCONFDIR ?= /etc
# Where imc-start writes down what it tried, if it is not told otherwise.
STATEDIR   ?= /var/lib/imc-monitor
# Where the MIB is rooted: a site with an enterprise number of its own puts it here.
MIB_ROOT   ?= $(PLAYPEN)
PLAYPEN    := 1.3.6.1.4.1.8072.9999.9999.4071
SUBIDS     := (\.(0|[1-9][0-9]{0,8}))+
ifneq ($(shell echo '$(MIB_ROOT)' | grep -cxE '1\.3\.6\.1\.4\.1$(SUBIDS)'),1)
$(error MIB_ROOT is no OID below 1.3.6.1.4.1 (enterprises): $(MIB_ROOT))
endif
ifneq ($(words $(CURDIR)) $(words x$(DESTDIR)),1 1)
$(error make does not do with blanks in paths: "$(CURDIR)" "$(DESTDIR)")
endif
DOCDIR     ?= $(PREFIX)/share/doc/imc-monitor
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions

# What users read or copy. In the tree it has Debian's paths and the playpen's numbers.
EXAMPLES   := $(shell cd packaging && find credentials.example imc-monitor.conf icinga2 \
              nagios nrpe prometheus snmpd snmptrapd snmptt systemd windows -type f \
              ! -name '*.png' ! -name '*.py' ! -name '.*' ! -name '*~' ! -name '* *')
PAGES      := $(notdir $(wildcard packaging/man/*.[1-9]))
TEXTS      := README.md $(addprefix packaging/,$(EXAMPLES) $(addprefix man/,$(PAGES)))

comma      := ,
CC         ?= cc
PYTHON     ?= /usr/bin/python3
PKG_CONFIG ?= pkg-config

# One build folder for each variant; programs of the plain build are in build/ itself.
ifdef SANITIZE
BUILD      := build/sanitize
VARIANT    := -fsanitize=address,undefined -fno-sanitize-recover=undefined
else ifdef COVERAGE
BUILD      := build/coverage
VARIANT    := --coverage -O0
else
BUILD      := build
VARIANT    :=
endif

CFLAGS     ?= -O2 -g
WARNINGS   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
              -Wformat=2 -Wvla -Wpointer-arith -Wimplicit-fallthrough $(if $(CI),-Werror)
HARDENING  := -fPIE -fstack-protector-strong $(if $(VARIANT),,-D_FORTIFY_SOURCE=2)
DEFINES    := -D_GNU_SOURCE -DIMC_VERSION='"$(VERSION)"' \
              -DIMC_MODULEDIR='"$(MODULEDIR)"' -DIMC_SYSCONFDIR='"$(SYSCONFDIR)"' \
              -DIMC_STATEDIR='"$(STATEDIR)"' \
              -DIMC_MIB_ROOT=$(subst .,$(comma),$(MIB_ROOT))
ALL_CFLAGS  = -std=c17 $(WARNINGS) $(HARDENING) $(DEFINES) -Iplugin $(CPPFLAGS) \
              $(CFLAGS) $(VARIANT) -MMD -MP
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS) $(VARIANT)

pkg_cflags  = $(shell $(PKG_CONFIG) --cflags $(1))
pkg_libs    = $(shell $(PKG_CONFIG) --libs $(1))
CORE_PKG   := talloc inih
CHECK_PKG  := jansson
# Only what has stable symbol versions; --as-needed drops the rest.
RPC_LIBS   := -ldcerpc-binding -lsamba-errors
SNMP_PKG   := netsnmp
RPC_PKG    := dcerpc ndr ndr_standard samba-credentials samba-hostconfig tevent
AGENT_PKG  := netsnmp-agent tevent libsystemd libseccomp
TEST_PKG   := cmocka

objects     = $(patsubst %.c,$(BUILD)/%.o,$(1))
CORE_OBJ   := $(call objects,$(wildcard plugin/core/*.c))
RPC_SRC    := $(wildcard plugin/source/rpc*.c)
SNMP_SRC   := $(wildcard plugin/source/snmp*.c)
SOURCE_OBJ := $(call objects,$(filter-out $(RPC_SRC) $(SNMP_SRC),\
                $(wildcard plugin/source/*.c)))
RPC_OBJ    := $(call objects,$(RPC_SRC))
SNMP_OBJ   := $(call objects,$(SNMP_SRC))
CHECK_OBJ  := $(call objects,$(wildcard plugin/check/*.c))
# A program each but for its main.c, so that unit tests can link what they need.
AGENT_OBJ  := $(call objects,$(filter-out %/main.c,$(wildcard plugin/agent/*.c)))
TRAP_OBJ   := $(call objects,$(filter-out %/main.c,$(wildcard plugin/trap/*.c)))
START_OBJ  := $(call objects,$(filter-out %/main.c,$(wildcard plugin/start/*.c)))
LIB        := $(BUILD)/libimc.a
AGENT_LIB  := $(BUILD)/libagent.a
TRAP_LIB   := $(BUILD)/libtrap.a
START_LIB  := $(BUILD)/libstart.a
ALL_LIBS   := $(AGENT_LIB) $(TRAP_LIB) $(START_LIB) $(LIB)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS    := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS    := $(addprefix $(BUILD)/replay/,$(FUZZERS))
FUZZ_TIME  ?= 30

# Quiet unless V=1.
Q          := $(if $(V),,@)
say         = $(if $(V),,@echo '  $(1)  $@')

.PHONY: all help demo check integration test fuzz fuzz-run bench coverage lint install \
	clean ecosystem deb rpm FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/check_imc $(BUILD)/imc-rpc.so $(BUILD)/imc-snmp.so $(BUILD)/imc-agentd \
	$(BUILD)/imc-trap $(BUILD)/imc-start $(BUILD)/mibs/IMC-MONITOR-MIB \
	$(BUILD)/completion/imc-monitor $(addprefix $(BUILD)/,$(TEXTS))

help:
	@echo 'all           the programs and their modules, in $(BUILD)/'
	@echo 'demo          set up, build, and run the main job against a lab server'
	@echo 'test          set up, build, and run every test (check + integration)'
	@echo 'check         unit tests and fuzz corpora; no network'
	@echo 'integration   the programs against lab servers on loopback'
	@echo 'fuzz          libFuzzer, FUZZ_TIME=$(FUZZ_TIME) seconds each'
	@echo 'bench         times against the peers, as ratios'
	@echo 'coverage      line coverage of the unit tests'
	@echo 'lint          layering, layout, man pages'
	@echo 'install       into DESTDIR, under PREFIX ($(PREFIX))'
	@echo 'deb           Debian packages, in $(BUILD)/deb/'
	@echo 'rpm           RPM packages, in $(BUILD)/rpm/'
	@echo 'ecosystem     what users copy, read by the programs that will read it'
	@echo 'clean         removes build/'
	@echo 'SANITIZE=1    the same targets under ASan and UBSan'
	@echo 'CI=1          warnings are errors; V=1 shows the commands'
	@echo "TESTS='a b'   integration, ecosystem: only test_a*.py and test_b*.py"
	@echo "BENCH='a b'   bench: only these of \`tests/bench/bench.py --help\`"
	@echo 'MIB_ROOT=OID  another root of the MIB, for all that is built'

# --- programs -----------------------------------------------------------------------

$(LIB): $(CORE_OBJ) $(SOURCE_OBJ)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/check_imc: $(CHECK_OBJ) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--export-dynamic-symbol=out_of_memory -o $@ $^ \
		$(call pkg_libs,$(CORE_PKG) $(CHECK_PKG)) -ldl

$(AGENT_LIB): $(AGENT_OBJ)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/imc-agentd: $(BUILD)/plugin/agent/main.o $(AGENT_LIB) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--as-needed \
		-Wl,--export-dynamic-symbol=out_of_memory -o $@ $^ \
		$(call pkg_libs,$(CORE_PKG) $(AGENT_PKG)) -ldl

$(TRAP_LIB): $(TRAP_OBJ)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/imc-trap: $(BUILD)/plugin/trap/main.o $(TRAP_LIB) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--as-needed -o $@ $^ $(call pkg_libs,$(CORE_PKG))

$(START_LIB): $(START_OBJ)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/imc-start: $(BUILD)/plugin/start/main.o $(START_LIB) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--as-needed \
		-Wl,--export-dynamic-symbol=out_of_memory -o $@ $^ \
		$(call pkg_libs,$(CORE_PKG)) -ldl

# A module brings its own copy of the core (which has no state) and shows its sources
# and their version alone; out_of_memory() is the program's.
$(BUILD)/imc-rpc.so: $(RPC_OBJ)
$(BUILD)/imc-rpc.so: MODULE_LIBS = $(call pkg_libs,$(RPC_PKG) $(CORE_PKG)) $(RPC_LIBS)
$(BUILD)/imc-snmp.so: $(SNMP_OBJ)
$(BUILD)/imc-snmp.so: MODULE_LIBS = $(call pkg_libs,$(SNMP_PKG) $(CORE_PKG))
$(BUILD)/imc-rpc.so $(BUILD)/imc-snmp.so: $(LIB)
	$(call say,LD)
	$(Q)$(CC) -shared -Wl,-z,relro,-z,now -Wl,--as-needed \
		-Wl,--exclude-libs,libimc.a $(LDFLAGS) $(VARIANT) -o $@ \
		$(filter %.o,$^) $(LIB) $(MODULE_LIBS)

# The MIB with its root, whose numbers need names but for the last.
$(BUILD)/mibs/IMC-MONITOR-MIB: mibs/IMC-MONITOR-MIB $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,MIB)
	$(Q)$(if $(filter $(PLAYPEN),$(MIB_ROOT)),cp $< $@,awk -v root='$(MIB_ROOT)' \
		'BEGIN { n = split(substr(root, 13), id, "."); \
			for (i = 1; i < n; i++) at = at "imcSite" i "(" id[i] ") " } \
		/::= \{ enterprises / { $$0 = "    ::= { enterprises " at id[n] " }" } \
		{ print }' $< >$@)

# The same for what users read or copy, and its paths.
PLACES = -e 's|/usr/sbin/imc-|$(SBINDIR)/imc-|g' \
	-e 's|/usr/lib/nagios/plugins/check_imc|$(PLUGINDIR)/check_imc|g' \
	-e 's|/etc/imc-monitor|$(SYSCONFDIR)/imc-monitor|g' \
	-e 's|/var/lib/imc-monitor|$(STATEDIR)|g' \
	-e 's/$(subst .,\.,$(PLAYPEN))/$(MIB_ROOT)/g'
$(addprefix $(BUILD)/,$(TEXTS)): $(BUILD)/%: % $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)sed $(PLACES) $< >$@

# Bash's completion, from what the programs say of themselves.
PROGRAMS := $(addprefix $(BUILD)/,check_imc imc-agentd imc-trap imc-start)
$(BUILD)/completion/imc-monitor: packaging/completion/generate \
		packaging/completion/imc-monitor.bash packaging/man/check_imc.1 \
		$(PROGRAMS)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)$< packaging/man/check_imc.1 $(PROGRAMS) >$@
	$(Q)sed -i $(PLACES) $@

# Samba's headers do not compile without warnings, and the one way to say which loop a
# call runs in is marked as deprecated there.
$(RPC_OBJ): PKG := $(RPC_PKG) $(CORE_PKG)
$(RPC_OBJ): pkg_cflags = $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(1)))
$(RPC_OBJ): WARNINGS += -Wno-deprecated-declarations
$(SNMP_OBJ): PKG := $(SNMP_PKG) $(CORE_PKG)
$(CHECK_OBJ): PKG := $(CORE_PKG) $(CHECK_PKG)
$(AGENT_OBJ) $(BUILD)/plugin/agent/main.o: PKG := $(CORE_PKG) $(AGENT_PKG)
$(CORE_OBJ) $(SOURCE_OBJ): PKG := $(CORE_PKG)
$(TRAP_OBJ) $(BUILD)/plugin/trap/main.o: PKG := $(CORE_PKG)
$(START_OBJ) $(BUILD)/plugin/start/main.o: PKG := $(CORE_PKG)
$(CORE_OBJ) $(SOURCE_OBJ) $(RPC_OBJ) $(SNMP_OBJ): HARDENING += -fPIC
$(RPC_OBJ) $(SNMP_OBJ): HARDENING += -fvisibility=hidden

# What is compiled in is part of what objects depend on.
FLAGS       = $(CC) $(DEFINES) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(VARIANT) $(CI) \
              $(SBINDIR) $(PLUGINDIR)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@
FORCE:

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) $(call pkg_cflags,$(PKG)) -c -o $@ $<

# --- tests --------------------------------------------------------------------------

# What the unit tests share: the fixture, scenes, a writer of logs.
UNIT_OBJ := $(call objects,$(filter-out $(wildcard tests/unit/test_*.c),\
              $(wildcard tests/unit/*.c)))

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(UNIT_OBJ) \
		$(filter-out %/main.o,$(CHECK_OBJ)) $(ALL_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--as-needed -o $@ $^ \
		$(call pkg_libs,$(CORE_PKG) $(CHECK_PKG) $(AGENT_PKG) $(TEST_PKG)) \
		-ldl -lm

$(BUILD)/replay/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o $(ALL_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--as-needed -o $@ $^ \
		$(call pkg_libs,$(CORE_PKG) $(AGENT_PKG)) -ldl -lm

# Lists every record of a log, for the comparison with libevt.
$(BUILD)/evt_list: $(BUILD)/tests/integration/evt_list.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkg_libs,$(CORE_PKG)) -ldl -lm

# The peer of imc-agentd's walk: net-snmp's table_container helper.
$(BUILD)/container_agent: $(BUILD)/tests/bench/container_agent.o
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--as-needed -o $@ $^ $(call pkg_libs,netsnmp-agent)

$(BUILD)/tests/bench/%.o: PKG := netsnmp-agent
$(BUILD)/tests/unit/%.o: PKG := $(CORE_PKG) $(CHECK_PKG) $(AGENT_PKG) $(TEST_PKG)
$(BUILD)/tests/fuzz/%.o $(BUILD)/tests/integration/%.o: PKG := $(CORE_PKG) $(AGENT_PKG)

check: $(UNIT_TESTS) $(REPLAYS)
	tests/unit/run $(UNIT_TESTS) -- $(REPLAYS)

integration: all $(BUILD)/evt_list
	IMC_BUILD=$(BUILD) $(PYTHON) tests/integration/run.py $(TESTS)

# The files that users copy, read by the programs that will read them.
ecosystem:
	packaging/deps build lab ecosystem
	+$(MAKE) --no-print-directory all
	IMC_BUILD=$(BUILD) $(PYTHON) tests/integration/run.py --in tests/ecosystem \
		$(TESTS)

test:
	packaging/deps build test
	+$(MAKE) --no-print-directory check
	+$(MAKE) --no-print-directory integration

demo:
	packaging/deps build lab
	+$(MAKE) --no-print-directory all
	IMC_BUILD=$(BUILD) $(PYTHON) tests/lab/demo.py

# libFuzzer, each target on a copy of its corpus; what it finds stays in build/fuzz.
fuzz:
	packaging/deps build fuzz
	+$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang CFLAGS='-O1 -g' \
		VARIANT='-fsanitize=address,undefined,fuzzer-no-link' fuzz-run

fuzz-run: $(addprefix fuzz-run-,$(FUZZERS))
fuzz-run-%: $(BUILD)/tests/fuzz/%.o $(ALL_LIBS) tests/fuzz/replay.c
	$(CC) $(ALL_CFLAGS) -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION -fsanitize=fuzzer \
		-Wl,--as-needed -o $(BUILD)/$* $< tests/fuzz/replay.c $(ALL_LIBS) \
		$(call pkg_cflags,$(CORE_PKG)) \
		$(call pkg_libs,$(CORE_PKG) $(AGENT_PKG)) -ldl -lm
	mkdir -p $(BUILD)/corpus/$*
	cp -r tests/fuzz/corpus/$(*:fuzz_%=%)/. $(BUILD)/corpus/$*
	$(BUILD)/$* -max_total_time=$(FUZZ_TIME) -timeout=10 -artifact_prefix=$(BUILD)/ \
		-print_final_stats=1 $(BUILD)/corpus/$* 2>&1 | tail -n 12 | \
		tee $(BUILD)/$*.log; ! grep -qE 'ERROR|SUMMARY' $(BUILD)/$*.log

bench:
	packaging/deps build bench
	+$(MAKE) --no-print-directory all $(BUILD)/container_agent
	IMC_BUILD=$(BUILD) $(PYTHON) tests/bench/bench.py $(BENCH)

coverage:
	packaging/deps build coverage
	+$(MAKE) --no-print-directory COVERAGE=1 check
	gcovr --root . --object-directory build/coverage --filter 'plugin/' \
		--exclude-unreachable-branches --sort-uncovered
	gcovr --root . --object-directory build/coverage --filter 'plugin/core/' \
		--fail-under-line 95 >/dev/null

lint:
	packaging/deps build lint
	+$(MAKE) --no-print-directory all
	IMC_BUILD=$(BUILD) tests/lint

# --- installation -------------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(PLUGINDIR) $(DESTDIR)$(MODULEDIR) \
		$(DESTDIR)$(MIBDIR) $(DESTDIR)$(COMPLETIONDIR) \
		$(addprefix $(DESTDIR)$(MANDIR)/man,1 5 8) $(DESTDIR)$(DOCDIR)
	install -m 0755 $(BUILD)/check_imc $(DESTDIR)$(PLUGINDIR)
	install -m 0755 $(addprefix $(BUILD)/,imc-agentd imc-trap imc-start) \
		$(DESTDIR)$(SBINDIR)
	install -m 0644 $(BUILD)/imc-rpc.so $(BUILD)/imc-snmp.so $(DESTDIR)$(MODULEDIR)
	install -m 0644 $(BUILD)/mibs/IMC-MONITOR-MIB $(DESTDIR)$(MIBDIR)
	for page in $(PAGES); do \
		install -m 0644 $(BUILD)/packaging/man/$$page \
			$(DESTDIR)$(MANDIR)/man$${page##*.}; \
	done
	install -m 0644 $(BUILD)/completion/imc-monitor \
		$(DESTDIR)$(COMPLETIONDIR)/check_imc
	for name in imc-agentd imc-trap imc-start; do \
		ln -sf check_imc $(DESTDIR)$(COMPLETIONDIR)/$$name; \
	done
	install -m 0644 $(BUILD)/README.md $(DESTDIR)$(DOCDIR)
	for name in $(EXAMPLES); do \
		install -D -m 0644 $(BUILD)/packaging/$$name \
			$(DESTDIR)$(DOCDIR)/examples/$$name; \
	done
	chmod 0600 $(DESTDIR)$(DOCDIR)/examples/credentials.example

# --- packages -----------------------------------------------------------------------

deb:
	packaging/deps deb
	rm -rf $(BUILD)/deb
	packaging/make-deb $(BUILD)/deb

rpm:
	packaging/deps rpm
	rm -rf $(BUILD)/rpm
	packaging/make-rpm $(BUILD)/rpm

clean:
	rm -rf build

-include $(shell find $(BUILD)/plugin $(BUILD)/tests -name '*.d' -type f 2>/dev/null)
