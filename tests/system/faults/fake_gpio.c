/* Gives a process one fake GPIO chip (LD_PRELOAD), so that the test sees what the daemon and gate-release drive. The state
 * of chip and lines is in the file $FAKE_GPIO, with the layout of fake_chip.py. $FAKE_DEV is listed instead of /dev. As
 * with Zynq's drivers, a line keeps its level when its process dies. There are no edges: the lines are polled.
 *
 * If is_timed is set, the first line goes through a dead-man timer, as in overlays/finn/rtl/deadman.v: its level is that
 * of its pin, and its bit what was driven. The timer is looked at with each request. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define LINES 16
#define LOGGED 4096
#define FDS 1024
#define CHIP (LINES + 1)

struct line {
    char name[32], holder[32];
    int32_t pid, level, is_output, is_gone;
    int32_t stuck;   /* 0: not stuck, 1: reads low, 2: reads high */
    int32_t mirrors; /* reads the opposite of this line, as a mirror contact; 0: it does not, otherwise the line + 1 */
    int32_t bit, writes;
};

static struct state {
    int32_t count, is_denied;
    uint32_t logged, is_timed;
    int64_t timeout_ns, max_on_ns, toggled_ns, set_ns;
    int32_t is_armed, heartbeat;
    struct line lines[LINES];
    struct { int64_t at_ns; int32_t line, level; } log[LOGGED];
} *state;

static unsigned char known[FDS]; /* for each descriptor: 0 if it is not ours, line + 1, or CHIP */

__attribute__((constructor)) static void begin(void) {
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int file = real(getenv("FAKE_GPIO"), O_RDWR);
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (state == MAP_FAILED)
        abort();
    close(file);
}

static int fail(int reason) {
    errno = reason;
    return -1;
}

static int keep(int what) {
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd >= 0 && fd < FDS)
        known[fd] = (unsigned char)what;
    return fd;
}

static int is_chip(const char *path) {
    const char *name = strrchr(path, '/');
    return strcmp(name ? name + 1 : path, "gpiochip0") == 0;
}

static int open_chip(void) {
    return state->is_denied ? fail(EACCES) : keep(CHIP);
}

#define OPEN(symbol)                                                      \
    int symbol(const char *path, int flags, ...) {                        \
        va_list rest;                                                     \
        va_start(rest, flags);                                            \
        mode_t mode = va_arg(rest, mode_t);                               \
        va_end(rest);                                                     \
        if (is_chip(path))                                                \
            return open_chip();                                           \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #symbol);  \
        return real(path, flags, mode);                                   \
    }
OPEN(open)
OPEN(open64)

int openat(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (is_chip(path))
        return open_chip();
    int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat");
    return real(folder, path, flags, mode);
}

DIR *opendir(const char *path) {
    DIR *(*real)(const char *) = dlsym(RTLD_NEXT, "opendir");
    return real(strcmp(path, "/dev") == 0 ? getenv("FAKE_DEV") : path);
}

int close(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "close");
    if (fd >= 0 && fd < FDS && known[fd]) {
        if (known[fd] != CHIP)
            state->lines[known[fd] - 1].pid = 0;
        known[fd] = 0;
    }
    return real(fd);
}

static int is_held(const struct line *line) {
    return line->pid && line->pid != getpid() && (kill(line->pid, 0) == 0 || errno == EPERM);
}

static int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void change(struct line *line, int level, int64_t at_ns) {
    if (line->level == level)
        return;
    line->level = level;
    uint32_t place = state->logged;
    if (place < LOGGED) {
        state->log[place].at_ns = at_ns;
        state->log[place].line = (int32_t)(line - state->lines);
        state->log[place].level = level;
        __atomic_store_n(&state->logged, place + 1, __ATOMIC_RELEASE);
    }
}

/* Let the timer do what it has done until now. */
static void run_timer(int64_t now_ns) {
    struct line *relay = state->lines;
    int64_t end_ns = state->toggled_ns + state->timeout_ns;
    if (relay->bit && state->set_ns + state->max_on_ns < end_ns)
        end_ns = state->set_ns + state->max_on_ns;
    if (!state->is_timed || now_ns < end_ns)
        return;
    state->is_armed = 0;
    change(relay, 0, end_ns);
}

static void drive(struct line *line, int level) {
    struct line *relay = state->lines;
    int64_t now_ns = clock_ns();
    run_timer(now_ns);
    if (line == &state->lines[state->heartbeat] && line->bit != level)
        state->toggled_ns = now_ns;
    if (line == relay && level && !line->bit)
        state->set_ns = now_ns;
    line->bit = level;
    if (!relay->bit && now_ns < state->toggled_ns + state->timeout_ns)
        state->is_armed = 1;
    change(line, line == relay && state->is_timed ? level && state->is_armed : level, now_ns);
}

static int read_pin(const struct line *line) {
    if (line->stuck)
        return line->stuck - 1;
    return line->mirrors ? !read_pin(&state->lines[line->mirrors - 1]) : line->level;
}

static void configure(struct line *line, const struct gpio_v2_line_config *config) {
    line->is_output = !!(config->flags & GPIO_V2_LINE_FLAG_OUTPUT);
    for (unsigned index = 0; line->is_output && index < config->num_attrs; index++)
        if (config->attrs[index].attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES)
            drive(line, (int)(config->attrs[index].attr.values & 1));
}

static int ask_chip(unsigned long request, void *argument) {
    if (request == GPIO_GET_CHIPINFO_IOCTL) {
        struct gpiochip_info *info = argument;
        *info = (struct gpiochip_info){.name = "gpiochip0", .label = "zynq_gpio", .lines = (unsigned)state->count};
        return 0;
    }
    if (request == GPIO_V2_GET_LINEINFO_IOCTL) {
        struct gpio_v2_line_info *info = argument;
        if (info->offset >= (unsigned)state->count)
            return fail(EINVAL);
        struct line *line = &state->lines[info->offset];
        *info = (struct gpio_v2_line_info){.offset = info->offset};
        memcpy(info->name, line->name, sizeof info->name);
        if (is_held(line)) {
            memcpy(info->consumer, line->holder, sizeof info->consumer);
            info->flags = GPIO_V2_LINE_FLAG_USED;
        }
        return 0;
    }
    if (request == GPIO_V2_GET_LINE_IOCTL) {
        struct gpio_v2_line_request *wanted = argument;
        struct line *line = &state->lines[wanted->offsets[0]];
        if (is_held(line))
            return fail(EBUSY);
        memcpy(line->holder, wanted->consumer, sizeof line->holder);
        line->pid = getpid();
        configure(line, &wanted->config);
        return (wanted->fd = keep((int)wanted->offsets[0] + 1)) < 0 ? -1 : 0;
    }
    return fail(EINVAL);
}

static int ask_line(struct line *line, unsigned long request, void *argument) {
    struct gpio_v2_line_values *values = argument;
    if (line->is_gone)
        return fail(ENODEV);
    run_timer(clock_ns());
    if (request == GPIO_V2_LINE_GET_VALUES_IOCTL) {
        values->bits = (unsigned)read_pin(line) & values->mask;
    } else if (request == GPIO_V2_LINE_SET_VALUES_IOCTL) {
        line->writes++;
        drive(line, (int)(values->bits & 1));
    } else
        configure(line, argument);
    return 0;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    int is_ours = fd >= 0 && fd < FDS && known[fd] && ((request >> 8) & 0xff) == 0xb4;
    if (!is_ours) {
        int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
        return real(fd, request, argument);
    }
    return known[fd] == CHIP ? ask_chip(request, argument) : ask_line(&state->lines[known[fd] - 1], request, argument);
}
