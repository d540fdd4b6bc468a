/* Shrinks a picture: each pixel of the result is the mean of the area that it covers, to the nearest number, a half to
 * the even one. All sums are exact, so no order of additions and no instruction set changes a pixel.
 *
 * In units of 1 / `out_height` of a row, every row of the picture counts `out_height`, and every row of the result covers
 * `height` of them; columns likewise. So all weights are whole numbers, and those of one pixel sum to height * width.
 */
#include <stdint.h>

#define CHANNELS 3

static uint8_t nearest(uint32_t sum, uint32_t area, double reciprocal)
{
    uint32_t mean = (uint32_t)(sum * reciprocal); /* the board's processor has no division of whole numbers */
    int32_t rest = (int32_t)(sum - mean * area);
    if (rest < 0) {
        mean--;
        rest += (int32_t)area;
    }
    uint32_t twice = 2 * (uint32_t)rest;
    return (uint8_t)(mean + (twice > area || (twice == area && (mean & 1))));
}

/* One row of the result from the sums of its columns. */
static void across(const uint32_t *sums, int32_t width, uint8_t *out, int32_t out_width, uint32_t area)
{
    double reciprocal = 1.0 / area;
    int32_t left = out_width; /* of the first column that is not used up */
    for (int32_t i = 0; i < out_width; i++) {
        uint32_t of_area[CHANNELS], whole[CHANNELS] = {0};
        int32_t missing = width - left;
        for (int c = 0; c < CHANNELS; c++)
            of_area[c] = (uint32_t)left * sums[c];
        sums += CHANNELS;
        for (; missing >= out_width; missing -= out_width, sums += CHANNELS)
            for (int c = 0; c < CHANNELS; c++)
                whole[c] += sums[c];
        for (int c = 0; c < CHANNELS; c++) {
            of_area[c] += (uint32_t)out_width * whole[c];
            if (missing > 0)
                of_area[c] += (uint32_t)missing * sums[c];
            out[CHANNELS * i + c] = nearest(of_area[c], area, reciprocal);
        }
        left = out_width - missing;
    }
}

/* pixels: rows of `width` pixels of three bytes, `stride` bytes from one to the next. The result is not larger in either
 * direction, nor more than 256 times smaller; width * height is at most 2^24. out: [out_height][out_width][3].
 * whole, sums: scratch memory for 3 * width numbers each. */
void area_mean(const uint8_t *pixels, int32_t stride, int32_t width, int32_t height, uint8_t *out, int32_t out_width,
               int32_t out_height, uint16_t *restrict whole, uint32_t *restrict sums)
{
    int32_t numbers = CHANNELS * width, left = out_height;
    for (int32_t j = 0; j < out_height; j++) {
        const uint8_t *restrict first = pixels, *restrict last = pixels;
        uint32_t of_first = (uint32_t)left, of_last = 0;
        int32_t missing = height - left;
        pixels += stride;
        int has_whole = missing >= out_height;
        if (has_whole) { /* no row of zeros first: compilers make it a call of memset, which is in the C library */
            const uint8_t *restrict row = pixels;
            for (int32_t i = 0; i < numbers; i++)
                whole[i] = row[i];
            missing -= out_height;
            pixels += stride;
        }
        for (; missing >= out_height; missing -= out_height, pixels += stride) {
            const uint8_t *restrict row = pixels;
            for (int32_t i = 0; i < numbers; i++)
                whole[i] = (uint16_t)(whole[i] + row[i]);
        }
        if (missing > 0) {
            last = pixels;
            of_last = (uint32_t)missing;
        }
        for (int32_t i = 0; i < numbers; i++)
            sums[i] = of_first * first[i] + of_last * last[i];
        if (has_whole)
            for (int32_t i = 0; i < numbers; i++)
                sums[i] += (uint32_t)out_height * whole[i];
        across(sums, width, out + CHANNELS * out_width * j, out_width, (uint32_t)width * (uint32_t)height);
        left = out_height - missing;
    }
}
