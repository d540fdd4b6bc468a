/*
 * gate-release switches the relays off: it drives GPIO lines to given levels and exits. For systemd's ExecStopPost=.
 *
 * The kernel's Zynq and Xilinx GPIO drivers keep a line's level when its owner dies, so a killed daemon leaves the
 * relay as it was. This program needs no interpreter and no library, and takes about a millisecond.
 *
 *   gate-release [--absent-ok] LINE=LEVEL... @FILE...
 *
 * LINE is a kernel line name, chip:offset (gpiochip0:3) or label:offset (zynq_gpio:54). LEVEL is the physical level,
 * 0 or 1. FILE is a list with one LINE=LEVEL per line, see open_list() for which files are taken; without --absent-ok a
 * list that is not there is a failure. Every line is tried, even if one before it failed. A line that another process
 * still holds is tried again for half a second. Exit code: 0 if every line was driven, 1 if one was not (standard error
 * says which and why), 2 for wrong arguments.
 *
 * Root runs this program, so a list is treated as hostile: no message contains any of it, only the number of a line.
 *
 * SPDX-License-Identifier: BSD-3-Clause
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 50, PAUSE_MS = 10, MAX_ENTRY = 128, MAX_LIST = 4096 };

static const char WRONG_FORM[] = "write LINE=0 or LINE=1", ABSENT[] = "does not exist";
static const char TOO_LONG[] = "has more than 4096 bytes";

struct line {
    const char *name;  /* a line's name, or a chip's name or label */
    long offset;       /* -1: look for the name among the lines */
};

/* The offset of the line on this chip, or -1 if it is not on it. */
static long find_on(int chip, const char *device, const struct line *line)
{
    struct gpiochip_info info = {0};
    if (ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &info) < 0)
        return -1;
    if (line->offset >= 0) {
        int is_chip = !strcmp(line->name, device) || !strcmp(line->name, info.name) || !strcmp(line->name, info.label);
        return is_chip && line->offset < (long)info.lines ? line->offset : -1;
    }
    for (unsigned offset = 0; offset < info.lines; offset++) {
        struct gpio_v2_line_info found = {.offset = offset};
        if (ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &found) == 0 && !strcmp(found.name, line->name))
            return offset;
    }
    return -1;
}

/* Open the chip that has the line. Returns its descriptor and sets the offset, or returns -1 and sets errno. */
static int open_chip_of(const struct line *line, long *offset)
{
    int reason = ENODEV;
    DIR *devices = opendir("/dev");
    if (!devices)
        return -1;
    for (struct dirent *entry; (entry = readdir(devices));) {
        if (strncmp(entry->d_name, "gpiochip", 8))
            continue;
        int chip = openat(dirfd(devices), entry->d_name, O_RDWR | O_CLOEXEC);
        if (chip < 0) {
            reason = errno;
            continue;
        }
        *offset = find_on(chip, entry->d_name, line);
        if (*offset >= 0) {
            closedir(devices);
            return chip;
        }
        close(chip);
    }
    closedir(devices);
    errno = reason;
    return -1;
}

/* Request the line as an output at this level: the kernel sets both in one step, so the line cannot glitch. */
static int drive(int chip, long offset, int level)
{
    struct gpio_v2_line_request request = {
        .offsets = {(unsigned)offset},
        .num_lines = 1,
        .consumer = "gate-release",
        .config = {
            .flags = GPIO_V2_LINE_FLAG_OUTPUT,
            .num_attrs = 1,
            .attrs = {{.attr = {.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, .values = (unsigned)level}, .mask = 1}},
        },
    };
    for (int try = 0;; try++) {
        if (ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) == 0) {
            close(request.fd);
            return 0;
        }
        if (errno != EBUSY || try + 1 == TRIES)
            return -1;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
}

/* Split "name=1" or "name:54=0" in place. Returns -1 if the argument has another form. */
static int parse(char *argument, struct line *line, int *level)
{
    char *equals = strrchr(argument, '=');
    if (!equals || equals == argument || (strcmp(equals, "=0") && strcmp(equals, "=1")))
        return -1;
    *level = equals[1] == '1';
    *equals = '\0';
    line->name = argument;
    line->offset = -1;
    char *colon = strrchr(argument, ':'), *end = NULL;
    if (colon && colon != argument && colon[1] >= '0' && colon[1] <= '9') {
        long offset = strtol(colon + 1, &end, 10);
        if (!*end) {
            *colon = '\0';
            line->offset = offset;
        }
    }
    return 0;
}

/* Drive the line of an entry, which is a copy that may be changed. Returns NULL, or why not. */
static const char *drive_entry(char *entry)
{
    struct line line;
    int level;
    if (parse(entry, &line, &level))
        return WRONG_FORM;
    long offset = -1;
    int chip = open_chip_of(&line, &offset), failed = chip < 0 || drive(chip, offset, level), reason = errno;
    if (chip >= 0)
        close(chip);
    if (!failed)
        return NULL;
    return reason == ENODEV ? "there is no such line" : strerror(reason);
}

/* Drive the line that an argument names. Returns the exit code. */
static int drive_argument(const char *argument)
{
    char entry[MAX_ENTRY];
    int is_short = strlen(argument) < sizeof entry;
    const char *problem = is_short ? drive_entry(strcpy(entry, argument)) : WRONG_FORM;
    if (!problem)
        return 0;
    fprintf(stderr, "gate-release: %s: %s\n", argument, problem);
    return problem == WRONG_FORM ? 2 : 1;
}

/*
 * Open a list. Returns its descriptor, or -1 and a problem. Only root and the caller can have written it: a list of
 * another user could be a link to a file that this user may not read, a FIFO that never ends to open, or a device.
 */
static int open_list(const char *path, const char **problem)
{
    struct stat found;
    int list = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (list < 0) {
        *problem = errno == ENOENT ? ABSENT : errno == ELOOP ? "is a link" : strerror(errno);
        return -1;
    }
    if (fstat(list, &found) < 0)
        *problem = strerror(errno);
    else if (!S_ISREG(found.st_mode))
        *problem = "is not a regular file";
    else if (found.st_uid != 0 && found.st_uid != geteuid())
        *problem = "belongs to another user";
    else if (found.st_mode & (S_IWGRP | S_IWOTH))
        *problem = "can be written by other users";
    else if (found.st_size > MAX_LIST)
        *problem = TOO_LONG;
    else
        return list;
    close(list);
    return -1;
}

/* Read a whole list into text, which has room for one byte more than a list may have. Returns its size, or -1. */
static ssize_t read_list(int list, char *text)
{
    ssize_t size = 0, got;
    while (size <= MAX_LIST && (got = read(list, text + size, MAX_LIST + 1 - size)) != 0) {
        if (got < 0 && errno != EINTR)
            return -1;
        size += got > 0 ? got : 0;
    }
    return size;
}

/* Drive every line of a list. Returns the exit code. */
static int drive_list(const char *path, int absent_ok)
{
    char text[MAX_LIST + 1];
    const char *problem = NULL;
    ssize_t size = 0;
    int list = open_list(path, &problem), failed = 0;
    if (problem == ABSENT && absent_ok)
        return 0;
    if (list >= 0) {
        size = read_list(list, text);
        problem = size < 0 ? strerror(errno) : size > MAX_LIST ? TOO_LONG : NULL;
        close(list);
    }
    if (problem) {
        fprintf(stderr, "gate-release: %s: %s\n", path, problem);
        return 1;
    }
    int number = 1;
    for (char *line = text, *stop = text + size; line < stop; number++) {
        char *end = memchr(line, '\n', stop - line), entry[MAX_ENTRY];
        size_t length = (end ? end : stop) - line;
        if (length >= sizeof entry || memchr(line, '\0', length)) {
            problem = WRONG_FORM;
        } else {
            memcpy(entry, line, length);
            entry[length] = '\0';
            problem = drive_entry(entry);
        }
        if (problem)
            fprintf(stderr, "gate-release: %s: line %d: %s\n", path, number, problem);
        failed |= problem != NULL;
        line += length + 1;
    }
    return failed;
}

int main(int count, char **arguments)
{
    int absent_ok = count > 1 && !strcmp(arguments[1], "--absent-ok"), first = 1 + absent_ok, worst = 0;
    if (count <= first) {
        fputs("usage: gate-release [--absent-ok] LINE=LEVEL... @FILE...\n", stderr);
        return 2;
    }
    for (int index = first; index < count; index++) {
        const char *argument = arguments[index];
        int code = argument[0] == '@' ? drive_list(argument + 1, absent_ok) : drive_argument(argument);
        worst = code > worst ? code : worst;
    }
    return worst;
}
