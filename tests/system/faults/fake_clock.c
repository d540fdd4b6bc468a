/* Steps the wall clock of one process (LD_PRELOAD) by the nanoseconds in the file $FAKE_CLOCK, and no other clock. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t *step_ns;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("FAKE_CLOCK"), O_RDONLY);
    step_ns = mmap(NULL, sizeof *step_ns, PROT_READ, MAP_SHARED, file, 0);
    if (step_ns == MAP_FAILED)
        abort();
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && step_ns && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t all_ns = now->tv_sec * 1000000000LL + now->tv_nsec + *step_ns;
        *now = (struct timespec){.tv_sec = all_ns / 1000000000LL, .tv_nsec = all_ns % 1000000000LL};
    }
    return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec exact;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &exact);
    if (!failed)
        *now = (struct timeval){.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000};
    return failed;
}

time_t time(time_t *kept) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept)
        *kept = now.tv_sec;
    return now.tv_sec;
}
