// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-reclaim status: what the host shows now, and what the daemon's state file says it did.
 * Changes nothing, asks the daemon nothing, and leaves printing to status.h.
 */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/seen.h"
#include "cli/settings.h"
#include "cli/sight.h"
#include "cli/state.h"
#include "cli/status.h"
#include "host/json.h"

#include "core/idle.h"
#include "host/domains.h"
#include "host/inventory.h"
#include "host/lock.h"
#include "host/memory.h"
#include "host/params.h"
#include "host/psi.h"
#include "host/store.h"
#include "host/util.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>

static struct json_object *pressure_json(int root)
{
	struct json_object *o = json_object_new_object();
	struct psi_totals t;

	if (psi_read(root, &t) < 0)
		return o;
	json_put_number(o, "some_total_us", (int64_t)t.us[PSI_SOME]);
	json_put_number(o, "full_total_us", (int64_t)t.us[PSI_FULL]);
	return o;
}

static struct json_object *memory_json(int root, size_t n_disks)
{
	struct json_object *o = json_object_new_object();
	struct balloon b;
	struct sample s;
	struct memory m;

	if (memory_open(root, &m) < 0)
		return o;
	if (memory_sample(&m, &s) == 0) {
		json_put_number(o, "available_kb", s.available_kb);
		json_put_number(o, "pswpin", (int64_t)s.pswpin);
		json_put_number(o, "pswpout", (int64_t)s.pswpout);
	}
	if (memory_balloon(&m, &b) == 0) {
		json_put_number(o, "held_kb", balloon_mapped_kb(&b, n_disks));
		json_put_number(o, "current_kb", (int64_t)b.current_kb);
		json_put_number(o, "target_kb", (int64_t)b.target_kb);
		json_put_number(o, "low_kb", (int64_t)b.low_kb);
	}
	memory_close(&m);
	return o;
}

static struct json_object *params_json(int root)
{
	struct json_object *o = json_object_new_object();

	for (int id = 0; id < PARAM_COUNT; id++) {
		uint64_t v;

		if (read_number(root, param_paths[id], &v) == 0)
			json_put_number(o, param_names[id], (int64_t)v);
	}
	return o;
}

static struct json_object *new_domain(struct store *s, const struct policy *p, const struct vbd *v)
{
	struct json_object *o = json_object_new_object();
	char name[DOMAIN_NAME_SIZE];

	json_put_number(o, "domid", v->domid);
	if (domain_name_text(s, v->domid, name) >= 0)
		json_put_string(o, "name", name);
	if (p->n_rules > 0 && v->named && v->rule)
		json_put_string(o, "rule", p->rules[v->rule - 1].whom);
	else if (p->n_rules > 0 && v->named)
		(void)json_object_object_add(o, "rule", NULL);
	json_put(o, "disks", json_object_new_array());
	return o;
}

static struct json_object *disk_json(const struct policy *p, const struct vbd *v)
{
	struct json_object *o = json_object_new_object();

	json_put_number(o, "devid", v->devid);
	if (v->levels)
		json_put_number(o, "squeeze_ms", v->squeeze_ms);
	if (v->shows) {
		json_put_number(o, "idle_ms", (int64_t)(v->idle_us / USEC_PER_MSEC));
		json_put(o, "idle", json_object_new_boolean(v->idle_us >= vbd_idle_time_us(p, v)));
	}
	put_held(o, vbd_seen(v), v->held_kb);
	return o;
}

/* The list is ordered: a domain's disks follow one another. */
static struct json_object *domains_json(struct store *s, const struct policy *p,
					const struct vbd_list *vbds)
{
	struct json_object *list = json_object_new_array();
	struct json_object *domain = NULL;

	for_each_vbd(v, vbds) {
		if (v == vbds->vbds || v[-1].domid != v->domid) {
			domain = new_domain(s, p, v);
			if (!json_append(list, domain))
				domain = NULL;
		}
		(void)json_append(json_member(domain, "disks"), disk_json(p, v));
	}
	return list;
}

static void add_host(int root, const struct policy *p, struct json_object *o)
{
	struct inventory inv = {0};
	struct sight sight = {0};
	struct store s = {0};

	(void)inventory_read(root, &inv);
	json_put(o, "pressure", pressure_json(root));
	json_put(o, "memory", memory_json(root, inv.now.n));
	json_put(o, "parameters", params_json(root));
	sight_scan(&sight, root, &inv);
	(void)store_open(&s, root);
	domains_name(&s, p, &inv.now, UINT_MAX);
	put_seen_by(o, &sight, &inv);
	json_put(o, "domains", domains_json(&s, p, &inv.now));
	store_close(&s);
	sight_close(&sight);
	inventory_free(&inv);
}

static void print(struct json_object *o, const struct policy *p)
{
	status_print_host(o);
	status_print_domains(json_member(o, "domains"), p->n_rules > 0);
	if (json_member(o, "daemon"))
		status_print_daemon(json_member(o, "daemon"));
}

enum exit_status cmd_status(int root, int argc, char **argv)
{
	int json = json_option(argc, argv);
	enum exit_status printed = STATUS_DONE;
	struct json_object *o;
	struct json_object *d;
	struct config c;
	bool told;
	int running;

	if (json < 0 || no_arguments(argc, argv) < 0)
		return STATUS_USAGE;
	c = settings_read(root);
	o = json_object_new_object();
	running = daemon_runs(root);
	d = running > 0 ? state_read(root) : NULL;
	told = d != NULL;
	add_host(root, &c.policy, o);
	if (running >= 0)
		json_put(o, "running", json_object_new_boolean(running > 0));
	(void)json_object_object_add(o, "daemon", d);
	if (json) {
		printed = print_json(o);
	} else {
		print(o, &c.policy);
		(void)json_object_put(o);
	}
	config_free(&c);
	if (printed != STATUS_DONE)
		return printed;
	if (running == 0)
		return daemon_not_running();
	if (running > 0 && !told)
		complain("the daemon runs, but its /%s cannot be read", STATE_FILE);
	return told ? STATUS_DONE : STATUS_FAILED;
}
