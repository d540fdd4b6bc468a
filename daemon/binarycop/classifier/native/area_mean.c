/* Shrinks a picture: each pixel of the result is the mean of the area that it covers, to the nearest number, a half to
 * the even one. All sums are exact, so no order of additions and no instruction set changes a pixel.
 *
 * In units of 1 / `out_height` of a row, every row of the picture counts `out_height`, and every row of the result covers
 * `height` of them; columns likewise. So all weights are whole numbers, and those of one pixel sum to height * width.
 */
#include <stdint.h>
#include <string.h>

#define CHANNELS 3
#define ALWAYS static inline __attribute__((always_inline))

/* The rows that a row of the result covers: the first one in part, `whole` ones, and the last one if its weight is not 0. */
struct cover {
    int32_t stride, whole;
    uint16_t of_first, of_whole, of_last; /* weights */
};

/* ---- down: adds LANES numbers of all rows that a row of the result covers, from the address in the first one on. */

#if defined(__ARM_NEON)

#include <arm_neon.h>
#define LANES 16

ALWAYS void store_sums(uint16x4_t first, uint16x4_t whole, uint16x4_t last, struct cover cover, uint32_t *sums)
{
    uint32x4_t sum = vmull_u16(first, vdup_n_u16(cover.of_first));
    sum = vmlal_u16(sum, whole, vdup_n_u16(cover.of_whole));
    sum = vmlal_u16(sum, last, vdup_n_u16(cover.of_last));
    vst1q_u32(sums, sum);
}

ALWAYS void down(const uint8_t *row, struct cover cover, uint32_t *sums)
{
    uint8x16_t top = vld1q_u8(row), bottom = top;
    uint16x8_t low = vdupq_n_u16(0), high = low;
    for (int32_t left = cover.whole & ~1; left; left -= 2) {
        uint8x16_t upper = vld1q_u8(row += cover.stride), lower = vld1q_u8(row += cover.stride);
        low += vaddl_u8(vget_low_u8(upper), vget_low_u8(lower));
        high += vaddl_u8(vget_high_u8(upper), vget_high_u8(lower));
    }
    if (cover.whole & 1) {
        uint8x16_t bytes = vld1q_u8(row += cover.stride);
        low = vaddw_u8(low, vget_low_u8(bytes));
        high = vaddw_u8(high, vget_high_u8(bytes));
    }
    if (cover.of_last)
        bottom = vld1q_u8(row + cover.stride);
    uint16x8_t first = vmovl_u8(vget_low_u8(top)), last = vmovl_u8(vget_low_u8(bottom));
    store_sums(vget_low_u16(first), vget_low_u16(low), vget_low_u16(last), cover, sums);
    store_sums(vget_high_u16(first), vget_high_u16(low), vget_high_u16(last), cover, sums + 4);
    first = vmovl_u8(vget_high_u8(top)), last = vmovl_u8(vget_high_u8(bottom));
    store_sums(vget_low_u16(first), vget_low_u16(high), vget_low_u16(last), cover, sums + 8);
    store_sums(vget_high_u16(first), vget_high_u16(high), vget_high_u16(last), cover, sums + 12);
}

#else

#if defined(__AVX2__)
#define LANES 16
#else
#define LANES 8
#endif
typedef uint8_t bytes __attribute__((vector_size(LANES)));
typedef uint16_t numbers __attribute__((vector_size(2 * LANES)));

ALWAYS numbers widened(const uint8_t *from)
{
    bytes narrow;
    memcpy(&narrow, from, sizeof narrow);
    return __builtin_convertvector(narrow, numbers);
}

ALWAYS void down(const uint8_t *row, struct cover cover, uint32_t *sums)
{
    numbers first = widened(row), last = first, whole = {0};
    for (int32_t left = cover.whole; left; left--)
        whole += widened(row += cover.stride);
    if (cover.of_last)
        last = widened(row + cover.stride);
    for (int i = 0; i < LANES; i++)
        sums[i] = (uint32_t)(cover.of_first * first[i] + cover.of_whole * whole[i] + cover.of_last * last[i]);
}

#endif

/* ---- across: one row of the result from the sums of its columns. */

typedef uint32_t pixel __attribute__((vector_size(16))); /* three numbers, and one that does not count */
typedef int32_t signed_pixel __attribute__((vector_size(16)));
typedef float estimate __attribute__((vector_size(16)));

ALWAYS pixel load(const uint32_t *sums)
{
    pixel value;
    memcpy(&value, sums, sizeof value);
    return value;
}

/* sum / area. The board's processor has no division of whole numbers; the estimate is wrong by 1 at most. All numbers that
 * count are below 2^31, and of those with a sign there are faster conversions and comparisons. */
ALWAYS pixel nearest(pixel sum, int32_t area, float reciprocal)
{
    estimate quotient = __builtin_convertvector((signed_pixel)sum, estimate) * reciprocal;
    pixel mean = (pixel)__builtin_convertvector(quotient, signed_pixel), rest = sum - mean * (uint32_t)area, twice;
    pixel is_high = (pixel)((signed_pixel)rest < 0), is_low = (pixel)((signed_pixel)rest >= area); /* all bits or none */
    mean += is_high - is_low;
    rest += (is_high & (uint32_t)area) - (is_low & (uint32_t)area);
    twice = rest + rest;
    return mean - (pixel)((signed_pixel)twice > area) + ((pixel)((signed_pixel)twice == area) & mean & 1);
}

ALWAYS void across(const uint32_t *sums, int32_t width, uint8_t *out, int32_t out_width, int32_t area)
{
    float reciprocal = 1.0f / (float)area;
    int32_t left = out_width; /* of the first column that is not used up */
    for (int32_t i = 0; i < out_width; i++) {
        int32_t missing = width - left;
        pixel of_area = load(sums) * (uint32_t)left, whole = {0};
        sums += CHANNELS;
        for (; missing >= out_width; missing -= out_width, sums += CHANNELS)
            whole += load(sums);
        of_area += whole * (uint32_t)out_width;
        if (missing > 0)
            of_area += load(sums) * (uint32_t)missing;
        pixel mean = nearest(of_area, area, reciprocal);
        for (int c = 0; c < CHANNELS; c++)
            out[CHANNELS * i + c] = (uint8_t)mean[c];
        left = out_width - missing;
    }
}

/* pixels: rows of `width` pixels of three bytes, `stride` bytes from one to the next; at least 6 pixels. The result is not
 * larger in either direction, nor more than 256 times smaller; width * height is at most 2^23. out: `out_height` rows of
 * `out_width` pixels, `out_stride` bytes from one to the next. sums: scratch memory for 3 * width + 1 numbers. */
void area_mean(const uint8_t *pixels, int32_t stride, int32_t width, int32_t height, uint8_t *out, int32_t out_stride,
               int32_t out_width, int32_t out_height, uint32_t *restrict sums)
{
    int32_t row_numbers = CHANNELS * width, left = out_height;
    for (int32_t j = 0; j < out_height; j++, out += out_stride) {
        struct cover cover = {stride, 0, (uint16_t)left, (uint16_t)out_height, 0};
        int32_t missing = height - left, i = 0;
        for (; missing >= out_height; missing -= out_height)
            cover.whole++;
        cover.of_last = (uint16_t)missing;
        for (; i + LANES < row_numbers; i += LANES)
            down(pixels + i, cover, sums + i);
        i = row_numbers - LANES; /* the last ones, some of them for the second time */
        down(pixels + i, cover, sums + i);
        across(sums, width, out, out_width, width * height);
        pixels += (cover.whole + 1) * stride;
        left = out_height - missing;
    }
}
