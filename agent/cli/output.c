// SPDX-License-Identifier: GPL-2.0-or-later
/* Complaints, JSON, tables and times of day, as all commands print them; see output.h. */
#include "cli/output.h"

#include "host/util.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <langinfo.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

void show_text(char *text, size_t columns)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	char *to = text;

	for (const char *from = text; *from;) {
		size_t n = 1;
		wchar_t c;

		while ((from[n] & 0xc0) == 0x80) /* the rest of a character */
			n++;
		if (utf8 && n > 1 && mbtowc(&c, from, n) > 0) {
			size_t width = (size_t)wcwidth(c);

			if (width > columns)
				break;
			columns -= width;
			memmove(to, from, n);
			to += n;
		} else {
			if (columns-- == 0)
				break;
			*to++ = (char)(n > 1 ? '?' : *from);
		}
		from += n;
	}
	*to = '\0';
}

void complain(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	make_text(text);
	show_text(text, SIZE_MAX);
	(void)fprintf(stderr, "xen-reclaim: %s\n", text);
}

enum exit_status finish_output(enum exit_status status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	complain("cannot write the output%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
	return STATUS_FAILED;
}

/* Columns of the terminal on standard output; 0: it is none. */
static size_t terminal_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

void print_wrapped(const char *indent, const char *text)
{
	size_t width = terminal_columns();
	size_t begin = strlen(indent);
	size_t column = begin;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (width && column > begin && column + 1 + n > width) {
			(void)printf("\n%s", indent);
			column = begin;
		} else if (column > begin) {
			(void)putchar(' ');
			column++;
		}
		(void)fwrite(text, 1, n, stdout);
		column += n;
		text += n + strspn(text + n, " ");
	}
	(void)putchar('\n');
}

/* As no-color.org has it. */
static bool has_colours(void)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 &&
	       (!no_color || !*no_color);
}

void print_word(const char *word, int width, enum tone tone)
{
	static const char *const colours[] = {
		[TONE_GOOD] = "\033[32m",
		[TONE_CARE] = "\033[33m",
		[TONE_BAD] = "\033[31m",
	};
	bool coloured = has_colours();

	(void)printf("%s%s%s%*s", coloured ? colours[tone] : "", word, coloured ? "\033[0m" : "",
		     width - (int)strlen(word), "");
}

static bool print_as(struct json_object *o, int flags)
{
	const char *text = json_object_to_json_string_ext(o, flags);
	bool ok = text && puts(text) >= 0 && fflush(stdout) == 0;

	(void)json_object_put(o);
	return ok;
}

enum exit_status print_json(struct json_object *o)
{
	return print_as(o, JSON_C_TO_STRING_PRETTY) ? STATUS_DONE : STATUS_FAILED;
}

void print_json_line(struct json_object *o)
{
	(void)print_as(o, JSON_C_TO_STRING_PLAIN);
}

struct libscols_table *table_new(const struct column *columns, size_t n)
{
	struct libscols_table *t = scols_new_table();

	for (size_t i = 0; i < n; i++)
		(void)scols_table_new_column(t, columns[i].name, 0, columns[i].flags);
	return t;
}

void table_number(struct libscols_line *line, size_t column, bool known, int64_t v)
{
	char text[24] = "?";

	if (known)
		(void)snprintf(text, sizeof(text), "%" PRId64, v);
	(void)scols_line_set_data(line, column, text);
}

void table_print(struct libscols_table *t)
{
	(void)scols_print_table(t);
	scols_unref_table(t);
}

void clock_text(int64_t time_us, char buf[static CLOCK_TEXT_SIZE])
{
	time_t s = (time_t)(time_us / (int64_t)USEC_PER_SEC);
	time_t now = time(NULL);
	struct tm today;
	struct tm tm;

	buf[0] = '\0';
	if (!localtime_r(&s, &tm) || !localtime_r(&now, &today))
		return;
	(void)strftime(buf, CLOCK_TEXT_SIZE,
		       tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday
			       ? "%H:%M:%S"
			       : "%Y-%m-%d %H:%M:%S",
		       &tm);
}
