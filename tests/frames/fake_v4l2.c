/* Makes /dev/full a V4L2 camera for one process (LD_PRELOAD), to test OpenCV's own V4L2 code without a kernel driver.
 *
 * FAKE_PICTURE: the file whose content each buffer gets. While the file does not exist the camera is unplugged; while it is
 *     empty the camera stalls. Both may change while the process runs.
 * FAKE_FRAMES: how many frames it sends. Then it stalls, or answers as an unplugged camera if FAKE_END is "gone".
 * FAKE_BAD: the number, from 1, of a frame with invalid content.
 * FAKE_BUSY: another program streams from the camera.
 * FAKE_HZ: the highest frame rate.
 * FAKE_NEW: each picture is sent once; the next frame waits, for 1 s at most, until the file is replaced.
 * FAKE_STAMP: a file that says which time stamps the frames get: "none", "still" (that of the frame before), or how many
 *     seconds old they are, e.g. "3.5". Without it they are 0 s old, by the monotonic clock as drivers do it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFERS 4u
#define BUFFER_BYTES (1u << 20)

static int camera = -1;
static int sent, waiting, queue[BUFFERS];
static void *mapped[BUFFERS];
static struct v4l2_pix_format format = {.width = 640, .height = 480, .pixelformat = V4L2_PIX_FMT_YUYV};

static int number(const char *name, int otherwise) {
    const char *value = getenv(name);
    return value ? atoi(value) : otherwise;
}

static int fail(int reason) {
    errno = reason;
    return -1;
}

static int is_gone(void) {
    return access(getenv("FAKE_PICTURE"), R_OK) != 0;
}

static void pace(void) {
    int rate_hz = number("FAKE_HZ", 0);
    if (rate_hz > 0)
        nanosleep(&(struct timespec){.tv_nsec = 999999999L / rate_hz}, NULL);
}

static void wait_for_new_picture(void) {
    static ino_t last;
    static struct timespec last_change;
    struct stat status;
    if (!getenv("FAKE_NEW"))
        return;
    for (int tries = 0; tries < 500; tries++) {
        if (stat(getenv("FAKE_PICTURE"), &status) != 0 || status.st_ino != last ||
            memcmp(&status.st_mtim, &last_change, sizeof last_change) != 0)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 2000000L}, NULL);
    }
    last = status.st_ino;
    last_change = status.st_mtim;
}

static struct timeval stamp(void) {
    static struct timeval last;
    struct timespec now;
    char text[32] = "0";
    FILE *file = getenv("FAKE_STAMP") ? fopen(getenv("FAKE_STAMP"), "r") : NULL;
    if (file) {
        if (!fgets(text, sizeof text, file))
            text[0] = 0;
        fclose(file);
    }
    if (strncmp(text, "none", 4) == 0)
        return (struct timeval){0};
    if (strncmp(text, "still", 5) != 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        double at_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - atof(text);
        last.tv_sec = (time_t)at_s;
        last.tv_usec = (suseconds_t)((at_s - (double)last.tv_sec) * 1e6);
    }
    return last;
}

static int open_any(const char *symbol, const char *path, int flags, mode_t mode) {
    if (strcmp(path, "/dev/full") == 0) {
        if (is_gone())
            return fail(ENODEV);
        waiting = 0;
        return camera = eventfd(0, EFD_NONBLOCK); /* never readable: select on it waits as for a frame to come */
    }
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, symbol);
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any("open64", path, flags, mode);
}

static void *map_any(const char *symbol, void *at, size_t bytes, int access, int flags, int fd, off_t offset) {
    void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, symbol);
    if (fd < 0 || fd != camera)
        return real(at, bytes, access, flags, fd, offset);
    return mapped[offset / BUFFER_BYTES] = real(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void *mmap(void *at, size_t bytes, int access, int flags, int fd, off_t offset) {
    return map_any("mmap", at, bytes, access, flags, fd, offset);
}

void *mmap64(void *at, size_t bytes, int access, int flags, int fd, off64_t offset) {
    return map_any("mmap64", at, bytes, access, flags, fd, offset);
}

static int send(struct v4l2_buffer *buffer) {
    if (!waiting || sent >= number("FAKE_FRAMES", 1 << 30))
        return fail(EAGAIN);
    pace();
    wait_for_new_picture();
    int file = open(getenv("FAKE_PICTURE"), O_RDONLY);
    ssize_t bytes = read(file, mapped[queue[0]], BUFFER_BYTES);
    close(file);
    if (bytes <= 0)
        return fail(bytes ? ENODEV : EAGAIN);
    buffer->index = queue[0];
    buffer->bytesused = (unsigned)bytes;
    memmove(queue, queue + 1, sizeof *queue * --waiting);
    buffer->length = BUFFER_BYTES;
    buffer->timestamp = stamp();
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    if (++sent == number("FAKE_BAD", 0))
        memset(mapped[buffer->index], 7, buffer->bytesused);
    return 0;
}

static int set_format(struct v4l2_pix_format *wanted, int for_good) {
    if (wanted->pixelformat != V4L2_PIX_FMT_YUYV && wanted->pixelformat != V4L2_PIX_FMT_MJPEG)
        return fail(EINVAL);
    wanted->sizeimage = BUFFER_BYTES;
    wanted->bytesperline = 2 * wanted->width;
    wanted->field = V4L2_FIELD_NONE;
    if (for_good)
        format = *wanted;
    return 0;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (fd < 0 || fd != camera) {
        int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
        return real(fd, request, argument);
    }
    if (is_gone())
        return fail(ENODEV);
    if (getenv("FAKE_END") && sent >= number("FAKE_FRAMES", 1 << 30))
        return fail(ENODEV);
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *capability = argument;
        memset(capability, 0, sizeof *capability);
        capability->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        capability->capabilities = capability->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT:
        return set_format(&((struct v4l2_format *)argument)->fmt.pix, request == VIDIOC_S_FMT);
    case VIDIOC_G_FMT:
        ((struct v4l2_format *)argument)->fmt.pix = format;
        return 0;
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_captureparm *parameters = &((struct v4l2_streamparm *)argument)->parm.capture;
        parameters->capability = V4L2_CAP_TIMEPERFRAME;
        parameters->timeperframe.numerator = 1;
        parameters->timeperframe.denominator = 30;
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *buffers = argument;
        if (getenv("FAKE_BUSY"))
            return fail(EBUSY);
        if (buffers->count > BUFFERS)
            buffers->count = BUFFERS;
        waiting = 0;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *buffer = argument;
        buffer->length = BUFFER_BYTES;
        buffer->m.offset = buffer->index * BUFFER_BYTES;
        return 0;
    }
    case VIDIOC_QBUF:
        queue[waiting++] = ((struct v4l2_buffer *)argument)->index;
        return 0;
    case VIDIOC_DQBUF:
        return send(argument);
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF:
    case VIDIOC_G_INPUT:
    case VIDIOC_S_INPUT:
        return 0;
    default:
        return fail(EINVAL);
    }
}
