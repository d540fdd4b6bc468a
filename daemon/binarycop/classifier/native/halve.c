/* Halves a picture once or twice: each pixel of the result is the mean of four, to the nearest number, a half upwards.
 * That is what OpenCV's INTER_AREA gives for half the width and height, bit by bit; twice is as two such calls.
 */
#include <stdint.h>

#define CHANNELS 3
#define ALWAYS static inline __attribute__((always_inline))

/* Vector code halves STEP pixels of the result at once. It reads and writes at most SPARE bytes more than these have. */
#if defined(__AVX2__)

#include <immintrin.h>
#define STEP 8
#define SPARE 4

/* Of four pixels in each half: the two sums of neighbours, of blue, green and red each, 16 bits, then two zeros. */
ALWAYS __m256i neighbours(const uint8_t *first, const uint8_t *second)
{
    const __m256i pairs = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, -1, -1, -1, -1));
    __m128i low = _mm_loadu_si128((const void *)first), high = _mm_loadu_si128((const void *)second);
    __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    return _mm256_maddubs_epi16(_mm256_shuffle_epi8(pixels, pairs), _mm256_set1_epi8(1));
}

ALWAYS __m256i quarters(const uint8_t *above, const uint8_t *below, int first, int second)
{
    __m256i sums = _mm256_add_epi16(neighbours(above + first, above + second), neighbours(below + first, below + second));
    return _mm256_srli_epi16(_mm256_add_epi16(sums, _mm256_set1_epi16(2)), 2);
}

ALWAYS void halve_step(const uint8_t *above, const uint8_t *below, uint8_t *out)
{
    const __m256i closed = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1));
    __m256i means = _mm256_packus_epi16(quarters(above, below, 0, 24), quarters(above, below, 12, 36));
    means = _mm256_shuffle_epi8(means, closed);
    _mm_storeu_si128((void *)out, _mm256_castsi256_si128(means));
    _mm_storeu_si128((void *)(out + 12), _mm256_extracti128_si256(means, 1));
}

#elif defined(__ARM_NEON)

#include <arm_neon.h>
#define STEP 8
#define SPARE 0

ALWAYS void halve_step(const uint8_t *above, const uint8_t *below, uint8_t *out)
{
    uint8x16x3_t upper = vld3q_u8(above), lower = vld3q_u8(below);
    uint8x8x3_t means;
    for (int c = 0; c < CHANNELS; c++)
        means.val[c] = vrshrn_n_u16(vpadalq_u8(vpaddlq_u8(upper.val[c]), lower.val[c]), 2);
    vst3_u8(out, means);
}

#else

#define STEP 32
#define SPARE 0

/* Each byte's mean with the three around it, also where no pixel of the result begins: compilers make vector code of that,
 * but not of every other pixel of three bytes. */
ALWAYS void halve_step(const uint8_t *above, const uint8_t *below, uint8_t *out)
{
    uint8_t means[2 * CHANNELS * STEP - CHANNELS];
    for (int i = 0; i < 2 * CHANNELS * STEP - CHANNELS; i++)
        means[i] = (uint8_t)((above[i] + above[i + CHANNELS] + below[i] + below[i + CHANNELS] + 2) >> 2);
    for (int i = 0; i < STEP; i++)
        for (int c = 0; c < CHANNELS; c++)
            out[CHANNELS * i + c] = means[2 * CHANNELS * i + c];
}

#endif

/* One row of the result, `width` pixels, from the two rows above and below its middle. */
ALWAYS void halve_row(const uint8_t *restrict above, const uint8_t *restrict below, uint8_t *restrict out, int32_t width)
{
    int32_t i = 0;
    for (; i + STEP + (SPARE + CHANNELS - 1) / CHANNELS <= width; i += STEP)
        halve_step(above + 2 * CHANNELS * i, below + 2 * CHANNELS * i, out + CHANNELS * i);
    for (; i < width; i++)
        for (int c = 0; c < CHANNELS; c++) {
            const uint8_t *upper = above + 2 * CHANNELS * i + c, *lower = below + 2 * CHANNELS * i + c;
            out[CHANNELS * i + c] = (uint8_t)((upper[0] + upper[CHANNELS] + lower[0] + lower[CHANNELS] + 2) >> 2);
        }
}

/* pixels: rows of pixels of three bytes, `stride` bytes from one to the next, twice as many and twice as long as those of
 * the result; four times if there is memory for two rows between, `between`: 2 x 2 x out_width pixels, else a null pointer.
 * out: `out_height` rows of `out_width` pixels, `out_stride` bytes from one to the next. */
void halve(const uint8_t *pixels, int32_t stride, uint8_t *out, int32_t out_stride, int32_t out_width, int32_t out_height,
           uint8_t *restrict between)
{
    uint8_t *restrict second = between + 2 * CHANNELS * out_width;
    for (int32_t j = 0; j < out_height; j++, out += out_stride) {
        if (!between) {
            halve_row(pixels, pixels + stride, out, out_width);
            pixels += 2 * stride;
            continue;
        }
        halve_row(pixels, pixels + stride, between, 2 * out_width);
        halve_row(pixels + 2 * stride, pixels + 3 * stride, second, 2 * out_width);
        halve_row(between, second, out, out_width);
        pixels += 4 * stride;
    }
}
