/* Makes /dev/full a V4L2 camera for one process (LD_PRELOAD), to test the camera's code without a kernel driver.
 *
 * FAKE_PICTURE: the file whose content each buffer gets. While the file does not exist the camera is unplugged; while it is
 *     empty the camera stalls. Both may change while the process runs.
 * FAKE_FORMATS: the pixel formats that it offers, e.g. "NV12,YUYV". It takes the first one instead of any other.
 * FAKE_SIZE: the only size that it has, e.g. "1280x720". FAKE_STRIDE: the bytes of each line. FAKE_FIELD: v4l2_field.
 * FAKE_COLOUR: colorspace, ycbcr_enc and quantization, e.g. "3,0,1". FAKE_RATE: the only frame rate that it has.
 * FAKE_CAPABILITIES: its capabilities, as a number.
 * FAKE_FRAMES: how many frames it sends. Then it stalls, or answers as an unplugged camera if FAKE_END is "gone", or fails
 *     with EIO if it is "error", or reports an event (POLLPRI) if it is "changed".
 * FAKE_BAD: the number, from 1, of a frame with invalid content. FAKE_FLAGGED: of one that has V4L2_BUF_FLAG_ERROR.
 * FAKE_SHORT: of one that has FAKE_USED bytes only. FAKE_USED alone is that for each frame.
 * FAKE_BUSY: another program streams from the camera. FAKE_NO_START: the errno of its start.
 * FAKE_HZ: the highest frame rate.
 * FAKE_NEW: each picture is sent once; the next frame waits, for 1 s at most, until the file is replaced.
 * FAKE_STAMP: a file that says which time stamps the frames get: "none", "still" (that of the frame before), or how many
 *     seconds old they are, e.g. "3.5". Without it they are 0 s old, by the monotonic clock as drivers do it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
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
static double sent_s;
static struct stat last; /* the picture that was sent last */
static void *mapped[BUFFERS];
static struct v4l2_pix_format format = {.width = 640, .height = 480, .pixelformat = V4L2_PIX_FMT_YUYV};

static int number(const char *name, int otherwise) {
    const char *value = getenv(name);
    return value ? (int)strtol(value, NULL, 0) : otherwise;
}

static int fail(int reason) {
    errno = reason;
    return -1;
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int is_gone(void) {
    return access(getenv("FAKE_PICTURE"), R_OK) != 0;
}

static int has_sent_all(void) {
    return sent >= number("FAKE_FRAMES", 1 << 30);
}

/* Whether the next frame can be taken; picture gets the state of its file. */
static int is_due(struct stat *picture) {
    int rate_hz = number("FAKE_HZ", 0);
    if (!waiting || has_sent_all() || stat(getenv("FAKE_PICTURE"), picture) != 0 || !picture->st_size)
        return 0;
    if (rate_hz > 0 && now_s() - sent_s < 1.0 / rate_hz)
        return 0;
    return !getenv("FAKE_NEW") || picture->st_ino != last.st_ino || now_s() - sent_s > 1 ||
           memcmp(&picture->st_mtim, &last.st_mtim, sizeof last.st_mtim) != 0;
}

static struct timeval stamp(void) {
    static struct timeval last;
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
        double at_s = now_s() - atof(text);
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
        return camera = eventfd(0, EFD_NONBLOCK);
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

int close(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "close");
    if (fd == camera)
        camera = -1;
    return real(fd);
}

static void *map_camera(size_t bytes, size_t offset) {
    void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");
    return mapped[offset / BUFFER_BYTES] = real(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void *mmap(void *at, size_t bytes, int access, int flags, int fd, off_t offset) {
    if (fd >= 0 && fd == camera)
        return map_camera(bytes, offset);
    void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");
    return real(at, bytes, access, flags, fd, offset);
}

void *mmap64(void *at, size_t bytes, int access, int flags, int fd, off64_t offset) {
    if (fd >= 0 && fd == camera)
        return map_camera(bytes, offset);
    void *(*real)(void *, size_t, int, int, int, off64_t) = dlsym(RTLD_NEXT, "mmap64");
    return real(at, bytes, access, flags, fd, offset);
}

int poll(struct pollfd *polled, nfds_t count, int timeout_ms) {
    int (*real)(struct pollfd *, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
    if (count != 1 || polled->fd < 0 || polled->fd != camera)
        return real(polled, count, timeout_ms);
    const char *end = has_sent_all() && getenv("FAKE_END") ? getenv("FAKE_END") : "";
    double end_s = now_s() + timeout_ms / 1000.0;
    struct stat picture;
    polled->revents = 0;
    do {
        if (is_due(&picture))
            polled->revents = POLLIN;
        else if (is_gone() || strcmp(end, "gone") == 0 || strcmp(end, "error") == 0)
            polled->revents = POLLERR;
        else if (strcmp(end, "changed") == 0)
            polled->revents = POLLPRI;
        else
            nanosleep(&(struct timespec){.tv_nsec = 1000000L}, NULL);
    } while (!polled->revents && now_s() < end_s);
    return polled->revents != 0;
}

static int send(struct v4l2_buffer *buffer) {
    struct stat picture;
    if (!is_due(&picture))
        return fail(EAGAIN);
    last = picture;
    int file = open(getenv("FAKE_PICTURE"), O_RDONLY);
    ssize_t bytes = read(file, mapped[queue[0]], BUFFER_BYTES);
    close(file);
    if (bytes <= 0)
        return fail(bytes ? ENODEV : EAGAIN);
    buffer->index = queue[0];
    memmove(queue, queue + 1, sizeof *queue * --waiting);
    buffer->length = BUFFER_BYTES;
    buffer->timestamp = stamp();
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->sequence = sent++;
    sent_s = now_s();
    buffer->bytesused = sent == number("FAKE_SHORT", sent) ? number("FAKE_USED", (int)bytes) : (int)bytes;
    if (sent == number("FAKE_FLAGGED", 0))
        buffer->flags |= V4L2_BUF_FLAG_ERROR;
    if (sent == number("FAKE_BAD", 0))
        memset(mapped[buffer->index], 7, buffer->bytesused);
    return 0;
}

/* The format of that index, or 0. */
static unsigned offered(unsigned index) {
    char text[64];
    snprintf(text, sizeof text, "%s", getenv("FAKE_FORMATS") ? getenv("FAKE_FORMATS") : "YUYV,MJPG");
    char *word = strtok(text, ",");
    while (word && index--)
        word = strtok(NULL, ",");
    return word ? v4l2_fourcc(word[0], word[1], word[2], word[3]) : 0;
}

static void set_format(struct v4l2_pix_format *wanted, int for_good) {
    unsigned index = 0;
    int line_bytes;
    while (offered(index) && offered(index) != wanted->pixelformat)
        index++;
    wanted->pixelformat = offered(index) ? offered(index) : offered(0);
    if (getenv("FAKE_SIZE"))
        sscanf(getenv("FAKE_SIZE"), "%ux%u", &wanted->width, &wanted->height);
    switch (wanted->pixelformat) {
    case V4L2_PIX_FMT_MJPEG: line_bytes = 0; break;
    case V4L2_PIX_FMT_YUYV: case V4L2_PIX_FMT_UYVY: case V4L2_PIX_FMT_YVYU: line_bytes = 2 * wanted->width; break;
    case V4L2_PIX_FMT_BGR24: case V4L2_PIX_FMT_RGB24: line_bytes = 3 * wanted->width; break;
    case V4L2_PIX_FMT_XBGR32: case V4L2_PIX_FMT_ABGR32: line_bytes = 4 * wanted->width; break;
    default: line_bytes = wanted->width;
    }
    wanted->bytesperline = number("FAKE_STRIDE", line_bytes);
    wanted->sizeimage = BUFFER_BYTES;
    wanted->field = number("FAKE_FIELD", V4L2_FIELD_NONE);
    wanted->priv = V4L2_PIX_FMT_PRIV_MAGIC;
    wanted->colorspace = wanted->ycbcr_enc = wanted->quantization = 0;
    if (getenv("FAKE_COLOUR"))
        sscanf(getenv("FAKE_COLOUR"), "%u,%u,%u", &wanted->colorspace, &wanted->ycbcr_enc, &wanted->quantization);
    if (for_good)
        format = *wanted;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    request = (unsigned)request; /* Python passes it with its sign */
    if (fd < 0 || fd != camera) {
        int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
        return real(fd, request, argument);
    }
    if (is_gone())
        return fail(ENODEV);
    if (getenv("FAKE_END") && has_sent_all() && request == VIDIOC_DQBUF) {
        if (strcmp(getenv("FAKE_END"), "gone") == 0)
            return fail(ENODEV);
        if (strcmp(getenv("FAKE_END"), "error") == 0)
            return fail(EIO);
    }
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *capability = argument;
        memset(capability, 0, sizeof *capability);
        capability->device_caps = number("FAKE_CAPABILITIES", V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING);
        capability->capabilities = capability->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_ENUM_FMT: {
        struct v4l2_fmtdesc *description = argument;
        description->pixelformat = offered(description->index);
        return description->pixelformat ? 0 : fail(EINVAL);
    }
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT:
        if (getenv("FAKE_BUSY") && request == VIDIOC_S_FMT)
            return fail(EBUSY);
        set_format(&((struct v4l2_format *)argument)->fmt.pix, request == VIDIOC_S_FMT);
        return 0;
    case VIDIOC_G_FMT:
        ((struct v4l2_format *)argument)->fmt.pix = format;
        return 0;
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_captureparm *parameters = &((struct v4l2_streamparm *)argument)->parm.capture;
        parameters->capability = V4L2_CAP_TIMEPERFRAME;
        parameters->timeperframe.numerator = 1;
        parameters->timeperframe.denominator = number("FAKE_RATE", 30);
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *buffers = argument;
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
        return getenv("FAKE_NO_START") ? fail(number("FAKE_NO_START", 0)) : 0;
    case VIDIOC_STREAMOFF:
    case VIDIOC_SUBSCRIBE_EVENT:
    case VIDIOC_G_INPUT:
    case VIDIOC_S_INPUT:
        return 0;
    default:
        return fail(EINVAL);
    }
}
