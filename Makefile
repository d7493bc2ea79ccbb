# SPDX-License-Identifier: GPL-2.0-or-later
# What one can do with this tree. Each part has a Makefile or a script of its own; this only calls
# them in the right order.
#
#   make              build the daemon and the command line
#   make test         the tests that take minutes at most: lint, build, unit and integration tests; no Xen
#   make check        all tests, these among them: also fuzzing, kernel modules, real Xen in QEMU, some of them on a
#                     further release of Debian, too
#   make fuzz         the fuzz targets, FUZZ_SECONDS=3600 each, two at a time
#   make demo         a short comparison: the kernel alone, two parameters at boot, xen-reclaimd, and that with the patched driver;
#                     TURNS=3 adds verdicts
#   make compare      the whole of it, some seven hours; interrupted, it resumes where it was. LOADS= SQUEEZERS= TURNS=
#                     KERNELS= MEMORY= STORE= for a part, MINUTES= for a limit, KEEP=1 beside runs of another commit;
#                     writes docs/bench/compare.md
#   make bench        what the daemon costs, beside others like it; writes docs/bench/
#   make footprint    what a disk costs dom0: memory, and wake-ups while idle; writes docs/bench/
#   make instructions what a request costs where memory is plenty, in instructions; writes docs/bench/
#   make capacity     how many disks a dom0 carries before it is short of memory, some five hours; SQUEEZERS= ORDERS=
#                     GUESTS= DOM0_MB= KERNELS= MEMORY= for a part, MINUTES= and KEEP=1 as above; writes docs/bench/
#   make day          a simulated day of 1,000 hosts, ten minutes; writes docs/bench/
#   make attack       what a guest can have dom0 hold; writes docs/bench/
#   make upstream     the tests by which Linux's own squeeze was judged; writes docs/bench/
#   make install      DESTDIR=, PREFIX=/usr
#   make uninstall    the same; a configuration that was edited stays
#   make deb          Debian packages for this release of Debian, in build/deb
#   make rpm          the daemon as an RPM package, in build/rpm
#
# RELEASE=bookworm or RELEASE=trixie has test, check, demo, deb and what measures run as on a machine of that release of Debian.

PREFIX  ?= /usr
DESTDIR ?=
UNITDIR ?= /lib/systemd/system
FUZZ_SECONDS ?= 3600
RUN := $(if $(RELEASE),testbed/in-release $(RELEASE))

all:
	$(MAKE) -C agent

test:
	$(RUN) testbed/test

check:
	$(RUN) testbed/check

fuzz:
	$(RUN) testbed/deps build fuzz
	$(RUN) $(MAKE) -C agent -j2 fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)

demo:
	@$(RUN) testbed/deps python3
	$(RUN) bench/compare --demo $(if $(TURNS),--turns $(TURNS))

compare:
	@$(RUN) testbed/deps python3
	$(RUN) bench/compare $(if $(LOADS),--loads "$(LOADS)") $(if $(SQUEEZERS),--squeezers "$(SQUEEZERS)") \
		$(if $(TURNS),--turns $(TURNS)) $(if $(KERNELS),--kernels "$(KERNELS)") \
		$(if $(MEMORY),--memory "$(MEMORY)") $(if $(STORE),--store $(STORE)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(KEEP),--keep)

bench:
	$(RUN) bench/cost

footprint:
	$(RUN) bench/footprint

instructions:
	@$(RUN) testbed/deps python3
	$(RUN) bench/instructions

capacity:
	@$(RUN) testbed/deps plot
	$(RUN) bench/capacity $(if $(SQUEEZERS),--squeezers "$(SQUEEZERS)") $(if $(ORDERS),--orders "$(ORDERS)") \
		$(if $(GUESTS),--guests "$(GUESTS)") $(if $(DOM0_MB),--dom0-mb "$(DOM0_MB)") \
		$(if $(KERNELS),--kernels "$(KERNELS)") $(if $(MEMORY),--memory "$(MEMORY)") \
		$(if $(MINUTES),--minutes $(MINUTES)) $(if $(KEEP),--keep)

day:
	@$(RUN) testbed/deps build plot
	$(RUN) $(MAKE) -C agent
	$(RUN) bench/day
	$(RUN) bench/day-plot docs/bench

attack:
	@$(RUN) testbed/deps python3
	$(RUN) bench/attack

upstream:
	@$(RUN) testbed/deps python3
	$(RUN) bench/upstream $(TURNS)

deb:
	$(RUN) packaging/deb

rpm:
	packaging/rpm/build

install: all
	install -D -m 0755 build/agent/xen-reclaimd $(DESTDIR)$(PREFIX)/sbin/xen-reclaimd
	install -D -m 0755 build/agent/xen-reclaim $(DESTDIR)$(PREFIX)/bin/xen-reclaim
	install -D -m 0644 etc/xen-reclaimd.service $(DESTDIR)$(UNITDIR)/xen-reclaimd.service
	install -D -m 0644 etc/xen-reclaim.catalog $(DESTDIR)$(PREFIX)/lib/systemd/catalog/xen-reclaim.catalog
	@# the administrator's stays
	[ -e $(DESTDIR)/etc/xen/xen-reclaim.conf ] || \
		install -D -m 0644 etc/xen-reclaim.conf $(DESTDIR)/etc/xen/xen-reclaim.conf
	install -d -m 0755 $(DESTDIR)/etc/xen/xen-reclaim.conf.d
	install -D -m 0644 etc/xen-reclaim.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/xen-reclaim
	ln -sf xen-reclaim $(DESTDIR)$(PREFIX)/share/bash-completion/completions/xen-reclaimd
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/xen-reclaim etc/prometheus/xen-reclaim.rules.yml \
		etc/grafana/xen-reclaim.json
	for page in docs/*.[58]; do \
		install -D -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; \
	done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/xen-reclaimd $(DESTDIR)$(PREFIX)/bin/xen-reclaim
	rm -f $(DESTDIR)$(UNITDIR)/xen-reclaimd.service
	rm -f $(DESTDIR)$(PREFIX)/lib/systemd/catalog/xen-reclaim.catalog
	! cmp -s etc/xen-reclaim.conf $(DESTDIR)/etc/xen/xen-reclaim.conf || rm $(DESTDIR)/etc/xen/xen-reclaim.conf
	[ ! -d $(DESTDIR)/etc/xen/xen-reclaim.conf.d ] || \
		rmdir --ignore-fail-on-non-empty $(DESTDIR)/etc/xen/xen-reclaim.conf.d
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/bash-completion/completions/,xen-reclaim xen-reclaimd)
	rm -rf $(DESTDIR)$(PREFIX)/share/xen-reclaim
	for page in docs/*.[58]; do \
		rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; \
	done

clean:
	rm -rf build

.PHONY: all test check fuzz demo compare bench footprint instructions capacity day attack upstream deb rpm install uninstall clean
