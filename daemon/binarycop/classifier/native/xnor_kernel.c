/* The arithmetic of a binary network on the CPU: XNOR and popcount, as in the paper (section II-B).
 *
 * An image is packed: a pixel is `pixel_bytes` bytes, and bit i of it is channel i, least significant first; 1 is +1.
 * The crop, which the first layer takes, has three bytes a pixel instead. A layer compares every window of 3x3 pixels
 * (or, if it is dense, the whole image) with the weights of LANES outputs at once, 32 bits at a time. The result is the
 * distance of the window from the weights: the smaller it is, the larger is the sum. So an output is 1 if its distance
 * is at most its limit, and max-pooling takes the smallest of four distances. K is the layer's fan-in:
 *
 *   binary layer   distance = popcount(weights XOR window)             sum = K - 2 * distance
 *   first layer    distance = sum of the bytes of (weights XOR window)   sum = 255 * (number of +1) - distance
 *                  where the weight +1 is the byte 255, and -1 is 0
 *
 * This file is compiled once for each instruction set (variants.py), and kernel.py chooses among the results. It
 * allocates nothing and keeps no state; layout.py sees to all sizes.
 */
#include <stdint.h>
#include <string.h>

#define KERNEL 3
#define WINDOWS 4 /* windows that share each load of weights: the four of a pool, or four in a row */
#define ALWAYS static inline __attribute__((always_inline))

enum kind { FIRST, CONV, DENSE, SCORES };

struct layer {
    int32_t kind, side, pixel_bytes, pools; /* side: of the square input, in pixels */
    int32_t fan_in, blocks, outputs;        /* blocks: of LANES outputs, the last one filled up */
    const uint32_t *weights;                /* [blocks][rows of the window][words of a row][LANES] */
    const int32_t *limits;                  /* [blocks][LANES]; INT32_MIN for an output that does not exist */
};

/* ---- What each instruction set provides. `lanes` are LANES numbers of 32 bits.
 *   bits_add   adds the popcount of (weights XOR window) to a `part`, at most PART_WORDS times before bits_sum
 *   bytes_add  adds the bytes of (weights XOR window) to a `part`, likewise
 *   WIDE       blocks of LANES outputs that share each load of a window, as far as there are registers */

#if defined(__AVX512VPOPCNTDQ__) && defined(__AVX512VNNI__)

#include <immintrin.h>
#define WIDE 2
#define LANES 16
#define PART_WORDS 65536
typedef __m512i lanes, part;

ALWAYS part part_zero(void) { return _mm512_setzero_si512(); }
ALWAYS lanes splat(int32_t value) { return _mm512_set1_epi32(value); }
ALWAYS lanes load(const void *from) { return _mm512_loadu_si512(from); }
ALWAYS part bits_add(part sum, lanes weights, uint32_t window)
{
    return _mm512_add_epi32(sum, _mm512_popcnt_epi32(_mm512_xor_si512(weights, splat((int32_t)window))));
}
ALWAYS lanes bits_sum(part sum) { return sum; }
ALWAYS part bytes_add(part sum, lanes weights, uint32_t window)
{
    return _mm512_dpbusd_epi32(sum, _mm512_xor_si512(weights, splat((int32_t)window)), _mm512_set1_epi8(1));
}
ALWAYS lanes bytes_sum(part sum) { return sum; }
ALWAYS lanes add(lanes a, lanes b) { return _mm512_add_epi32(a, b); }
ALWAYS lanes smaller(lanes a, lanes b) { return _mm512_min_epi32(a, b); }
ALWAYS void store(void *to, lanes a) { _mm512_storeu_si512(to, a); }
ALWAYS void store_bits(uint8_t *to, lanes distances, lanes limits)
{
    uint16_t bits = _mm512_cmple_epi32_mask(distances, limits);
    memcpy(to, &bits, sizeof bits);
}

#elif defined(__AVX2__)

#include <immintrin.h>
#define WIDE 2
#define LANES 8
#define PART_WORDS 31 /* a byte of a part counts 8 bits a word */
typedef __m256i lanes, part;

ALWAYS part part_zero(void) { return _mm256_setzero_si256(); }
ALWAYS lanes splat(int32_t value) { return _mm256_set1_epi32(value); }
ALWAYS lanes load(const void *from) { return _mm256_loadu_si256(from); }
ALWAYS part bits_add(part sum, lanes weights, uint32_t window)
{
    const __m256i counts = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i bits = _mm256_xor_si256(weights, splat((int32_t)window));
    __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(bits, nibble));
    __m256i high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(bits, 4), nibble));
    return _mm256_add_epi8(sum, _mm256_add_epi8(low, high));
}
ALWAYS lanes bits_sum(part sum)
{
    return _mm256_madd_epi16(_mm256_maddubs_epi16(sum, _mm256_set1_epi8(1)), _mm256_set1_epi16(1));
}
ALWAYS part bytes_add(part sum, lanes weights, uint32_t window)
{
    __m256i bytes = _mm256_xor_si256(weights, splat((int32_t)window));
    return _mm256_add_epi16(sum, _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1)));
}
ALWAYS lanes bytes_sum(part sum) { return _mm256_madd_epi16(sum, _mm256_set1_epi16(1)); }
ALWAYS lanes add(lanes a, lanes b) { return _mm256_add_epi32(a, b); }
ALWAYS lanes smaller(lanes a, lanes b) { return _mm256_min_epi32(a, b); }
ALWAYS void store(void *to, lanes a) { _mm256_storeu_si256(to, a); }
ALWAYS void store_bits(uint8_t *to, lanes distances, lanes limits)
{
    *to = (uint8_t)~_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(distances, limits)));
}

#elif defined(__ARM_NEON)

#include <arm_neon.h>
#define WIDE 1
#define LANES 8
#define PART_WORDS 31
typedef int32x4x2_t lanes;
typedef uint8x16x2_t part;

#define PAIR(type, first, second) ((type){{first, second}})
ALWAYS part part_zero(void) { return PAIR(part, vdupq_n_u8(0), vdupq_n_u8(0)); }
ALWAYS lanes splat(int32_t value) { return PAIR(lanes, vdupq_n_s32(value), vdupq_n_s32(value)); }
ALWAYS lanes load(const void *from)
{
    return PAIR(lanes, vld1q_s32((const int32_t *)from), vld1q_s32((const int32_t *)from + 4));
}
ALWAYS uint8x16_t half_xor(int32x4_t weights, uint32_t window)
{
    return veorq_u8(vreinterpretq_u8_s32(weights), vreinterpretq_u8_u32(vdupq_n_u32(window)));
}
ALWAYS part bits_add(part sum, lanes weights, uint32_t window)
{
    return PAIR(part, vaddq_u8(sum.val[0], vcntq_u8(half_xor(weights.val[0], window))),
                vaddq_u8(sum.val[1], vcntq_u8(half_xor(weights.val[1], window))));
}
ALWAYS int32x4_t half_sum(uint8x16_t sum) { return vreinterpretq_s32_u32(vpaddlq_u16(vpaddlq_u8(sum))); }
ALWAYS lanes bits_sum(part sum) { return PAIR(lanes, half_sum(sum.val[0]), half_sum(sum.val[1])); }
ALWAYS uint8x16_t half_bytes(uint8x16_t sum, int32x4_t weights, uint32_t window)
{
    return vreinterpretq_u8_u16(vpadalq_u8(vreinterpretq_u16_u8(sum), half_xor(weights, window)));
}
ALWAYS part bytes_add(part sum, lanes weights, uint32_t window)
{
    return PAIR(part, half_bytes(sum.val[0], weights.val[0], window), half_bytes(sum.val[1], weights.val[1], window));
}
ALWAYS int32x4_t half_bytes_sum(uint8x16_t sum)
{
    return vreinterpretq_s32_u32(vpaddlq_u16(vreinterpretq_u16_u8(sum)));
}
ALWAYS lanes bytes_sum(part sum) { return PAIR(lanes, half_bytes_sum(sum.val[0]), half_bytes_sum(sum.val[1])); }
ALWAYS lanes add(lanes a, lanes b)
{
    return PAIR(lanes, vaddq_s32(a.val[0], b.val[0]), vaddq_s32(a.val[1], b.val[1]));
}
ALWAYS lanes smaller(lanes a, lanes b)
{
    return PAIR(lanes, vminq_s32(a.val[0], b.val[0]), vminq_s32(a.val[1], b.val[1]));
}
ALWAYS void store(void *to, lanes a)
{
    vst1q_s32((int32_t *)to, a.val[0]);
    vst1q_s32((int32_t *)to + 4, a.val[1]);
}
ALWAYS void store_bits(uint8_t *to, lanes distances, lanes limits)
{
    static const uint8_t value[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    uint16x4_t first = vmovn_u32(vcleq_s32(distances.val[0], limits.val[0]));
    uint16x4_t second = vmovn_u32(vcleq_s32(distances.val[1], limits.val[1]));
    uint8x8_t bits = vand_u8(vmovn_u16(vcombine_u16(first, second)), vld1_u8(value));
    bits = vpadd_u8(bits, bits);
    bits = vpadd_u8(bits, bits);
    vst1_lane_u8(to, vpadd_u8(bits, bits), 0);
}

#else

#define WIDE 1
#define LANES 8
#define PART_WORDS 31
typedef int32_t lanes __attribute__((vector_size(32)));
typedef uint32_t part __attribute__((vector_size(32)));

ALWAYS part part_zero(void) { return (part){0}; }
ALWAYS lanes splat(int32_t value) { return (lanes){0} + value; }
ALWAYS lanes load(const void *from)
{
    lanes a;
    memcpy(&a, from, sizeof a);
    return a;
}
ALWAYS part bits_add(part sum, lanes weights, uint32_t window)
{
    part bits = (part)weights ^ window;
    bits -= (bits >> 1) & 0x55555555u;
    bits = (bits & 0x33333333u) + ((bits >> 2) & 0x33333333u);
    return sum + ((bits + (bits >> 4)) & 0x0f0f0f0fu);
}
ALWAYS part pairs_sum(part sum) { return (sum & 0x00ff00ffu) + ((sum >> 8) & 0x00ff00ffu); }
ALWAYS lanes halves_sum(part sum) { return (lanes)((sum & 0xffffu) + (sum >> 16)); }
ALWAYS lanes bits_sum(part sum) { return halves_sum(pairs_sum(sum)); }
ALWAYS part bytes_add(part sum, lanes weights, uint32_t window) { return sum + pairs_sum((part)weights ^ window); }
ALWAYS lanes bytes_sum(part sum) { return halves_sum(sum); }
ALWAYS lanes add(lanes a, lanes b) { return a + b; }
ALWAYS lanes smaller(lanes a, lanes b) { return (a & (a < b)) | (b & (a >= b)); }
ALWAYS void store(void *to, lanes a) { memcpy(to, &a, sizeof a); }
ALWAYS void store_bits(uint8_t *to, lanes distances, lanes limits)
{
    unsigned bits = 0;
    for (int lane = 0; lane < LANES; lane++)
        bits |= (unsigned)(distances[lane] <= limits[lane]) << lane;
    *to = (uint8_t)bits;
}

#endif

int32_t xnor_lanes(void) { return LANES; }

/* ---- The layers. */

/* A window: `rows` rows of `row_bytes` bytes. Where these functions are inlined, its numbers are constants, except for a
 * dense layer and pixels of a rare size; so the compiler can unroll the loops. */
struct shape {
    int rows, row_bytes, stride; /* stride: bytes from a row of the window to the next one */
    int is_first;
};

ALWAYS int row_words(struct shape shape) { return (shape.row_bytes + 3) / 4; }

/* The word at `bytes`, of which only the first `size` belong to the window. */
ALWAYS uint32_t word_at(const uint8_t *bytes, int size)
{
    uint32_t word;
    uint16_t half;
    if (size == 1)
        return bytes[0];
    if (size < 4) {
        memcpy(&half, bytes, sizeof half);
        return size == 2 ? half : half | (uint32_t)bytes[2] << 16;
    }
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Adds word `word` of a row of `count` windows to the sums of `wide` blocks. */
ALWAYS void add_word(struct shape shape, const uint8_t *const *windows, int count, const uint32_t *weights, int wide,
                     int row, int word, int size, part (*sums)[WINDOWS])
{
    int words = row_words(shape);
    for (int block = 0; block < wide; block++) {
        lanes of_lanes = load(weights + ((block * shape.rows + row) * words + word) * LANES);
        for (int i = 0; i < count; i++) {
            uint32_t window = word_at(windows[i] + row * shape.stride + 4 * word, size);
            part *sum = &sums[block][i];
            *sum = shape.is_first ? bytes_add(*sum, of_lanes, window) : bits_add(*sum, of_lanes, window);
        }
    }
}

/* The distances of `count` windows from the weights of `wide` blocks. */
ALWAYS void distances_of(struct shape shape, const uint8_t *const *windows, int count, const uint32_t *weights,
                         int wide, lanes (*distances)[WINDOWS])
{
    int whole = shape.row_bytes / 4, left = shape.row_bytes % 4;
    for (int block = 0; block < wide; block++)
        for (int i = 0; i < count; i++)
            distances[block][i] = splat(0);
    for (int row = 0; row < shape.rows; row++)
        for (int begin = 0; begin < row_words(shape); begin += PART_WORDS) {
            int is_last = whole - begin < PART_WORDS, end = is_last ? whole : begin + PART_WORDS;
            part sums[WIDE][WINDOWS];
            for (int block = 0; block < wide; block++)
                for (int i = 0; i < count; i++)
                    sums[block][i] = part_zero();
            for (int word = begin; word < end; word++)
                add_word(shape, windows, count, weights, wide, row, word, 4, sums);
            if (is_last && left)
                add_word(shape, windows, count, weights, wide, row, whole, left, sums);
            for (int block = 0; block < wide; block++)
                for (int i = 0; i < count; i++) {
                    part sum = sums[block][i];
                    distances[block][i] = add(distances[block][i], shape.is_first ? bytes_sum(sum) : bits_sum(sum));
                }
        }
}

ALWAYS const uint32_t *weights_of(const struct layer *layer, struct shape shape, int block)
{
    return layer->weights + (int64_t)block * shape.rows * row_words(shape) * LANES;
}

ALWAYS void blocks_outputs(const struct layer *layer, struct shape shape, const uint8_t *const *windows, int count,
                           int pools, int block, int wide, uint8_t *out)
{
    int out_bytes = layer->blocks * LANES / 8;
    lanes distances[WIDE][WINDOWS];
    distances_of(shape, windows, count, weights_of(layer, shape, block), wide, distances);
    for (int b = 0; b < wide; b++) {
        lanes limits = load(layer->limits + (block + b) * LANES), *of_window = distances[b];
        uint8_t *to = out + (block + b) * LANES / 8;
        if (pools)
            store_bits(to, smaller(smaller(of_window[0], of_window[1]), smaller(of_window[2], of_window[3])), limits);
        else
            for (int i = 0; i < count; i++)
                store_bits(to + i * out_bytes, of_window[i], limits);
    }
}

/* The outputs of `count` windows: one pixel each, or one pixel of all four if the layer pools. */
ALWAYS void outputs(const struct layer *layer, struct shape shape, const uint8_t *const *windows, int count, int pools,
                    uint8_t *out)
{
    int block = 0;
    for (; block + WIDE <= layer->blocks; block += WIDE)
        blocks_outputs(layer, shape, windows, count, pools, block, WIDE, out);
    for (; block < layer->blocks; block++)
        blocks_outputs(layer, shape, windows, count, pools, block, 1, out);
}

ALWAYS void convolve(const struct layer *layer, const uint8_t *in, int pixel_bytes, int is_first, uint8_t *out)
{
    int size = layer->side - KERNEL + 1, stride = layer->side * pixel_bytes, out_bytes = layer->blocks * LANES / 8;
    struct shape shape = {KERNEL, KERNEL * pixel_bytes, stride, is_first};
    if (layer->pools) {
        for (int y = 0; y + 1 < size; y += 2)
            for (int x = 0; x + 1 < size; x += 2, out += out_bytes) {
                const uint8_t *at = in + y * stride + x * pixel_bytes;
                const uint8_t *windows[] = {at, at + pixel_bytes, at + stride, at + stride + pixel_bytes};
                outputs(layer, shape, windows, WINDOWS, 1, out);
            }
        return;
    }
    for (int y = 0; y < size; y++) {
        const uint8_t *at = in + y * stride;
        int x = 0;
        for (; x + WINDOWS <= size; x += WINDOWS, at += WINDOWS * pixel_bytes, out += WINDOWS * out_bytes) {
            const uint8_t *windows[] = {at, at + pixel_bytes, at + 2 * pixel_bytes, at + 3 * pixel_bytes};
            outputs(layer, shape, windows, WINDOWS, 0, out);
        }
        for (; x < size; x++, at += pixel_bytes, out += out_bytes)
            outputs(layer, shape, &at, 1, 0, out);
    }
}

static void convolve_bits(const struct layer *layer, const uint8_t *in, uint8_t *out)
{
    switch (layer->pixel_bytes) {
    case 1: convolve(layer, in, 1, 0, out); break;
    case 2: convolve(layer, in, 2, 0, out); break;
    case 4: convolve(layer, in, 4, 0, out); break;
    case 8: convolve(layer, in, 8, 0, out); break;
    case 16: convolve(layer, in, 16, 0, out); break;
    case 32: convolve(layer, in, 32, 0, out); break;
    default: convolve(layer, in, layer->pixel_bytes, 0, out);
    }
}

ALWAYS struct shape whole_image(const struct layer *layer)
{
    int bytes = layer->side * layer->side * layer->pixel_bytes;
    return (struct shape){1, bytes, bytes, 0};
}

static void write_scores(const struct layer *layer, const uint8_t *in, int32_t *scores)
{
    struct shape shape = whole_image(layer);
    for (int block = 0; block < layer->blocks; block++) {
        lanes distances[1][WINDOWS];
        int32_t of_lane[LANES];
        distances_of(shape, &in, 1, weights_of(layer, shape, block), 1, distances);
        store(of_lane, distances[0][0]);
        for (int lane = 0; lane < LANES && block * LANES + lane < layer->outputs; lane++)
            scores[block * LANES + lane] = layer->fan_in - 2 * of_lane[lane];
    }
}

/* The scores of `count` crops, [count][side][side][3] uint8 RGB, to [count][outputs of the last layer].
 * images: two of `image_bytes` bytes, each as large as the largest output of a layer. */
void xnor_scores(const struct layer *layers, int32_t layer_count, const uint8_t *crops, int32_t count, int32_t *scores,
                 uint8_t *images, int32_t image_bytes)
{
    for (int32_t crop = 0; crop < count; crop++) {
        const uint8_t *in = crops + (int64_t)crop * layers->side * layers->side * 3;
        for (int32_t index = 0; index < layer_count; index++) {
            const struct layer *layer = layers + index;
            uint8_t *out = images + index % 2 * image_bytes;
            switch (layer->kind) {
            case FIRST: convolve(layer, in, 3, 1, out); break;
            case CONV: convolve_bits(layer, in, out); break;
            case DENSE: outputs(layer, whole_image(layer), &in, 1, 0, out); break;
            case SCORES: write_scores(layer, in, scores + (int64_t)crop * layer->outputs);
            }
            in = out;
        }
    }
}
