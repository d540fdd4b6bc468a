/*
 * gate-release switches the relays off: it drives GPIO lines to given levels and exits. For systemd's ExecStopPost=.
 *
 * The kernel's Zynq and Xilinx GPIO drivers keep a line's level when its owner dies, so a killed daemon leaves the
 * relay as it was. This program needs no interpreter and no library, and takes about a millisecond.
 *
 *   gate-release LINE=LEVEL... @FILE...
 *
 * LINE is a kernel line name, chip:offset (gpiochip0:3) or label:offset (zynq_gpio:54). LEVEL is the physical level,
 * 0 or 1. FILE contains one LINE=LEVEL per line; a missing file is not an error: the daemon writes it before it
 * requests its lines. Every line is tried, even if one before it failed. A line that another process still holds is
 * tried again for half a second. Exit code: 0 if every line was driven, 1 if one was not (standard error says which and
 * why), 2 for wrong arguments.
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
#include <time.h>
#include <unistd.h>

enum { TRIES = 50, PAUSE_MS = 10, MAX_ARGUMENT = 128 };

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

/* Drive the line that the argument names. Returns the exit code. */
static int drive_argument(const char *argument)
{
    char text[MAX_ARGUMENT];
    struct line line;
    int level;
    if (strlen(argument) >= sizeof text || parse(strcpy(text, argument), &line, &level)) {
        fprintf(stderr, "gate-release: %s: write LINE=0 or LINE=1\n", argument);
        return 2;
    }
    long offset = -1;
    int chip = open_chip_of(&line, &offset), failed = chip < 0 || drive(chip, offset, level);
    if (failed) {
        const char *reason = errno == ENODEV ? "there is no such line" : strerror(errno);
        fprintf(stderr, "gate-release: %s: %s\n", argument, reason);
    }
    if (chip >= 0)
        close(chip);
    return failed;
}

/* Drive every line that a file names. Returns the highest exit code. */
static int drive_file(const char *path)
{
    int worst = 0;
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "re");
    if (!file) {
        if (errno == ENOENT)
            return 0;
        fprintf(stderr, "gate-release: %s: %s\n", path, strerror(errno));
        return 1;
    }
    for (ssize_t length; (length = getline(&text, &size, file)) > 0;) {
        if (text[length - 1] == '\n')
            text[length - 1] = '\0';
        int code = drive_argument(text);
        worst = code > worst ? code : worst;
    }
    free(text);
    fclose(file);
    return worst;
}

int main(int count, char **arguments)
{
    int worst = 0;
    if (count < 2) {
        fputs("usage: gate-release LINE=LEVEL... @FILE...\n", stderr);
        return 2;
    }
    for (int index = 1; index < count; index++) {
        const char *argument = arguments[index];
        int code = argument[0] == '@' ? drive_file(argument + 1) : drive_argument(argument);
        worst = code > worst ? code : worst;
    }
    return worst;
}
