// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes that would help, as lines of shell; see remedies.h. Pure: no I/O. */
#include "host/remedies.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct list {
	struct remedy *of;
	size_t n;
};

__attribute__((format(printf, 3, 4))) static struct remedy *add(struct list *l, const char *id,
								const char *fmt, ...)
{
	struct remedy *r = &l->of[l->n++];
	va_list ap;

	*r = (struct remedy){.id = id};
	va_start(ap, fmt);
	(void)vsnprintf(r->gives, sizeof(r->gives), fmt, ap);
	va_end(ap);
	return r;
}

/* A file of its own for GRUB, read after Xen's and the administrator's, with lines that add to
 * them. */
static void by_grub(struct remedy *r, const char *lines)
{
	(void)snprintf(
		r->apply, sizeof(r->apply),
		"cat > /etc/default/grub.d/zz-xen-reclaim-%s.cfg << 'EOF'\n%sEOF\nupdate-grub\n",
		r->id, lines);
	(void)snprintf(r->undo, sizeof(r->undo),
		       "rm /etc/default/grub.d/zz-xen-reclaim-%s.cfg; update-grub\n", r->id);
}

#define LINUX_ARGUMENT(argument) "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX " argument "\"\n"

static void replace_driver(struct list *l, const struct facts *f)
{
	struct remedy *r;

	if (!f->blkback || f->mechanism == MECHANISM_NATIVE || !f->debian)
		return;
	if (f->slots_kb > 0)
		r = add(l, "driver",
			"patched xen-blkback: each level for each disk, and up to %" PRId64
			" kB of slots of idle disks",
			f->slots_kb);
	else
		r = add(l, "driver", "patched xen-blkback: each level for each disk, and slots");
	(void)snprintf(r->apply, sizeof(r->apply),
		       "# the package that make deb built\n"
		       "apt install ./xen-blkback-reclaim-dkms_*.deb linux-headers-$(uname -r)\n");
	(void)snprintf(r->undo, sizeof(r->undo), "apt purge xen-blkback-reclaim-dkms\n");
}

/* What needs none of us. */
static void set_parameters(struct list *l, const struct facts *f, const struct diagnosis *d)
{
	struct remedy *r;

	if (!f->params || f->params_set || f->mechanism == MECHANISM_NATIVE ||
	    d->gives_ram[LEVEL_POOL] != ANSWER_YES)
		return;
	r = add(l, "parameters",
		"in place of this daemon: disks give back what they did not use for 5 s. As good "
		"where disks are idle; busy disks can lose 30 percent of their throughput");
	(void)snprintf(r->apply, sizeof(r->apply),
		       "cat > /etc/modprobe.d/xen-reclaim-parameters.conf << 'EOF'\n"
		       "options xen-blkback max_buffer_pages=0 persistent_grant_unused_seconds=5\n"
		       "EOF\n");
	(void)snprintf(r->undo, sizeof(r->undo),
		       "rm /etc/modprobe.d/xen-reclaim-parameters.conf\n");
}

static void have_grants_from_ram(struct list *l, const struct facts *f)
{
	if (f->unpopulated == ANSWER_YES && !f->pvh && f->release >= RELEASE_BLACKLIST)
		by_grub(add(l, "ram",
			    "pages for grants from RAM: they use RAM then, which reclaim gives "
			    "back "
			    "and measures exactly. Worth it only if you want just that"),
			LINUX_ARGUMENT("initcall_blacklist=unpopulated_init")
				LINUX_ARGUMENT("memhp_default_state=offline"));
	else if (f->unpopulated == ANSWER_NO && f->auto_online)
		by_grub(add(l, "offline",
			    "hot-added address space is not brought online as RAM automatically"),
			LINUX_ARGUMENT("memhp_default_state=offline"));
}

static void fix_memory(struct list *l, const struct facts *f)
{
	uint64_t mb = f->target_kb / 1024; /* what grants hold is part of it */
	char line[128];

	if (!f->control_domain || ballooned_out_kb(f) == 0)
		return;
	(void)snprintf(line, sizeof(line),
		       "GRUB_CMDLINE_XEN_DEFAULT=\"$GRUB_CMDLINE_XEN_DEFAULT dom0_mem=%" PRIu64
		       "M,max:%" PRIu64 "M\"\n",
		       mb, mb);
	by_grub(add(l, "dom0-mem",
		    "a dom0 of one size: what is freed comes back to it, not to Xen"),
		line);
}

static void have_pressure(struct list *l, const struct facts *f)
{
	if (f->psi == PSI_NONE && f->release >= RELEASE_PSI)
		by_grub(add(l, "psi", "pressure stall information, which the daemon acts on"),
			LINUX_ARGUMENT("psi=1"));
}

size_t remedies(const struct facts *f, const struct diagnosis *d,
		struct remedy list[static REMEDIES_MAX])
{
	struct list l = {.of = list};

	if (!f->xen)
		return 0;
	replace_driver(&l, f);
	set_parameters(&l, f, d);
	if (f->debian) {
		have_grants_from_ram(&l, f);
		fix_memory(&l, f);
		have_pressure(&l, f);
	}
	return l.n;
}
