// SPDX-License-Identifier: GPL-2.0-or-later
/* The screen of xen-reclaim top and its keys, by ncurses; see top.h. Scans and sorts nothing
 * itself. */
#include "cli/output.h"
#include "cli/stop.h"
#include "cli/top.h"

#include "host/util.h"

#include <inttypes.h>
#include <ncurses.h>
#include <string.h>
#include <term.h>

/* Above the rows: figures of the host, keys, an empty line, and the names of the columns. */
#define HEAD_LINES 4

#define CTRL_L ('L' & 0x1f)

static const char *const sort_names[SORT_COUNT] = {"held", "I/O", "idle", "name"};

/** struct screen - @first: the row that stands highest. */
struct screen {
	struct top *top;
	size_t first;
};

static size_t rows_on_screen(void)
{
	return LINES > HEAD_LINES ? (size_t)(LINES - HEAD_LINES) : 0;
}

static void add_line(int y, char *text)
{
	show_text(text, (size_t)COLS);
	(void)mvaddstr(y, 0, text);
}

static void add_table(struct screen *s)
{
	char *table = top_table(s->top, (size_t)COLS);
	char *rest = table;
	size_t row = 0;
	char *line;

	/* the names of the columns are the first line, and always stand there */
	for (int y = HEAD_LINES - 1; y < LINES && (line = strsep(&rest, "\n")); row++)
		if (row == 0 || row > s->first)
			add_line(y++, line);
	free(table);
}

static void draw(struct screen *s)
{
	const struct top *t = s->top;
	size_t most = rows_on_screen();
	char text[TOP_HEAD_SIZE];

	s->first = min_u64(s->first, t->n_rows > most ? t->n_rows - most : 0);
	(void)erase();
	top_head(t, text);
	add_line(0, text);
	(void)snprintf(text, sizeof(text),
		       "by %s, each %" PRIu64 " s%s%s   q quit  s sort  d delay  b %s  / domain",
		       sort_names[t->sort], t->delay_s, t->filter[0] ? ", domain " : "", t->filter,
		       t->by_disk ? "domains" : "disks");
	add_line(1, text);
	add_table(s);
	(void)redrawwin(stdscr); /* all of it: what others wrote there goes */
	(void)refresh();
}

/* Return: what was typed on the second line; "" if nothing. */
static void ask(const char *what, char *buf, int size)
{
	(void)move(1, 0);
	(void)clrtoeol();
	(void)addstr(what);
	(void)echo();
	(void)curs_set(1);
	timeout(-1);
	if (getnstr(buf, size - 1) == ERR)
		buf[0] = '\0';
	(void)noecho();
	(void)curs_set(0);
}

static void ask_delay(struct top *t)
{
	char text[8];
	uint64_t v;

	ask("seconds: ", text, sizeof(text));
	if (parse_number(text, &v) == 0 && v >= 1 && v <= TOP_DELAY_MAX_S)
		t->delay_s = v;
}

static void scroll_by(struct screen *s, int64_t rows)
{
	s->first = rows < 0 && (uint64_t)-rows > s->first ? 0 : s->first + (size_t)rows;
}

/* Return: whether the next scan is due. */
static bool obey(struct screen *s, int key)
{
	struct top *t = s->top;

	switch (key) {
	case 'q':
		stopped = 1;
		break;
	case 's':
		t->sort = (enum sort)((t->sort + 1) % SORT_COUNT);
		break;
	case 'b':
		t->by_disk = !t->by_disk;
		s->first = 0;
		break;
	case '/':
		ask("domain, by a part of its name or by its number: ", t->filter,
		    sizeof(t->filter));
		s->first = 0;
		break;
	case 'd':
		ask_delay(t);
		return true;
	case KEY_DOWN:
		scroll_by(s, 1);
		break;
	case KEY_UP:
		scroll_by(s, -1);
		break;
	case KEY_NPAGE:
		scroll_by(s, (int64_t)rows_on_screen());
		break;
	case KEY_PPAGE:
		scroll_by(s, -(int64_t)rows_on_screen());
		break;
	case KEY_HOME:
		s->first = 0;
		break;
	case KEY_END:
		s->first = t->n_rows;
		break;
	case KEY_RESIZE:
	case CTRL_L:
		break;
	default:
		return false;
	}
	if (!stopped && top_make_rows(t) == 0)
		draw(s);
	return false;
}

/* Until the next scan is due. */
static void wait_for_keys(struct screen *s)
{
	uint64_t until_us = now_us() + s->top->delay_s * USEC_PER_SEC;
	uint64_t now;

	while (!stopped && (now = now_us()) < until_us) {
		timeout((int)((until_us - now) / USEC_PER_MSEC) + 1);
		if (obey(s, getch()))
			return;
	}
}

bool top_has_screen(void)
{
	bool moves;
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    setupterm(NULL, STDOUT_FILENO, &error) != OK)
		return false;
	moves = cursor_address != NULL;
	(void)del_curterm(cur_term);
	return moves;
}

int top_live(struct top *t)
{
	struct screen s = {.top = t};
	SCREEN *terminal;
	int r = 0;

	stop_on_signal(); /* before ncurses has handlers of its own */
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal)
		return -ENOTTY;
	(void)cbreak();
	(void)noecho();
	(void)keypad(stdscr, true);
	(void)curs_set(0);
	while (!stopped && r == 0) {
		r = top_scan(t);
		if (r == 0)
			r = top_make_rows(t);
		if (r < 0)
			break;
		draw(&s);
		wait_for_keys(&s);
	}
	(void)endwin();
	delscreen(terminal);
	return r;
}
