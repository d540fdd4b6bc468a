/* The arithmetic of a binary network on the CPU: XNOR and popcount, as in the paper (section II-B).
 *
 * An image is packed: a pixel is `pixel_bytes` bytes, and bit i of it is channel i, least significant first; 1 is +1.
 * A binary layer compares every window of 3x3 pixels (or, if it is dense, the whole image) with the weights of LANES
 * outputs at once, one step of a few bytes after the other. The result is the distance of the window from the weights,
 * popcount(weights XOR window). The sum is fan-in - 2 * distance: the smaller the distance, the larger the sum. So an
 * output is 1 if its distance is at most its limit, and max-pooling takes the smallest of four distances.
 *
 * The first layer takes the crop's bytes, and has algorithms of its own; see `first_layer`.
 *
 * This file is compiled once for each instruction set (variants.py), and kernel.py chooses among the results. It
 * allocates nothing and keeps no state; layout.py sees to all sizes, and arranges the weights as `xnor_form` says.
 */
#include <stdint.h>
#include <string.h>

#define KERNEL 3
#define TAPS (KERNEL * KERNEL)
#define WINDOWS 4 /* windows that share each load of weights: the four of a pool, or four in a row */
#define ALWAYS static inline __attribute__((always_inline))

enum kind { FIRST, CONV, DENSE, SCORES };

struct layer {
    int32_t kind, side, pixel_bytes, pools; /* side: of the square input, in pixels */
    int32_t fan_in, blocks, outputs;        /* blocks: of LANES outputs, the last one filled up; FIRST: see there */
    const void *weights;                    /* [blocks][rows of the window][steps of a row][LANES]; FIRST: see there */
    const int16_t *limits;                  /* [blocks][LANES]; -1 for an output that does not exist */
};

/* The word at `bytes`, of which only the first `size` belong to the window. */
ALWAYS uint32_t word_at(const uint8_t *bytes, int size)
{
    uint32_t word;
    uint16_t half;
    if (size < 4) {
        memcpy(&half, bytes, sizeof half);
        return half;
    }
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* ---- What each instruction set provides. `lanes` are LANES distances, and a `part` is a sum in the making.
 *   step       what add_step compares at once: STEP_BYTES bytes of a window, or a pair of words, in all lanes.
 *              `left`: the bytes that the row of the window still has
 *   add_step   adds the popcount of (weights XOR step) to a `part`, at most PART_STEPS times before part_sum
 *   WIDE       blocks of LANES outputs that share each step of a window, as far as there are registers
 *   PAIRS      if set, pixels of whole pairs of words are stored as (first word, first XOR second word), and so are
 *              their weights; a step is a pair then
 *   NIBBLES    if set, the weights of a step are the lower halves of all bytes, then the upper halves
 *   FIRST_LANES, PIXELS    see first_layer
 * An empty asm statement keeps the compiler from doing the additions last, for which it has too few registers. */

#if defined(__AVX512VPOPCNTDQ__) && defined(__AVX512VNNI__)

#include <immintrin.h>
#define WIDE 2
#define LANES 16
#define STEP_BYTES 4
#define PAIRS 1
#define NIBBLES 0
#define PART_STEPS 32767
#define FIRST_LANES 16
typedef __m512i lanes, products;
typedef struct {
    __m512i first, both;
} step;
typedef struct {
    __m512i counts, ones;
} part;

ALWAYS part part_zero(void) { return (part){_mm512_setzero_si512(), _mm512_setzero_si512()}; }
ALWAYS __m512i splat(uint32_t word) { return _mm512_set1_epi32((int32_t)word); }
ALWAYS step step_at(const uint8_t *row, int index, int left, int is_pair)
{
    if (is_pair)
        return (step){splat(word_at(row + 8 * index, 4)), splat(word_at(row + 8 * index + 4, 4))};
    return (step){splat(word_at(row + 4 * index, left)), _mm512_setzero_si512()};
}
/* A pair costs one popcount: a full adder, bit by bit, adds both words to `ones`, and its carries count twice. */
ALWAYS part add_step(part sum, const uint8_t *weights, step bits, int is_pair)
{
    __m512i first = _mm512_xor_si512(_mm512_loadu_si512(weights), bits.first), ones = sum.ones, carry = first;
    if (is_pair) {
        ones = _mm512_ternarylogic_epi32(sum.ones, _mm512_loadu_si512(weights + 64), bits.both, 0x96); /* XOR of all */
        carry = _mm512_ternarylogic_epi32(sum.ones, ones, first, 0xb2); /* the old bit where it changed, else `first` */
    }
    return (part){_mm512_add_epi32(sum.counts, _mm512_popcnt_epi32(carry)), ones};
}
ALWAYS lanes part_sum(part sum, int is_pair)
{
    if (is_pair)
        return _mm512_add_epi32(_mm512_add_epi32(sum.counts, sum.counts), _mm512_popcnt_epi32(sum.ones));
    return sum.counts;
}
ALWAYS lanes add(lanes a, lanes b) { return _mm512_add_epi32(a, b); }
ALWAYS lanes smaller(lanes a, lanes b) { return _mm512_min_epi32(a, b); }
ALWAYS void store(int32_t *to, lanes a) { _mm512_storeu_si512(to, a); }
ALWAYS void store_bits(uint8_t *to, lanes distances, const int16_t *limits, int bytes)
{
    __m512i limit = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)limits));
    uint16_t bits = _mm512_cmple_epi32_mask(distances, limit);
    (void)bytes;
    memcpy(to, &bits, sizeof bits);
}
ALWAYS __m512i add_products(__m512i sum, __m512i weights, uint32_t bytes)
{
    return _mm512_dpbusd_epi32(sum, splat(bytes), weights);
}
ALWAYS void store_first(uint8_t *to, __m512i sum, const int16_t *limits)
{
    __m512i limit = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)limits));
    uint16_t bits = _mm512_cmpge_epi32_mask(sum, limit);
    memcpy(to, &bits, sizeof bits);
}

#elif defined(__AVX2__)

#include <immintrin.h>
#define WIDE 2
#define LANES 32
#define STEP_BYTES 1
#define PAIRS 0
#define NIBBLES 1
#define PART_STEPS 31 /* a byte of a part counts 8 bits a step */
#define FIRST_LANES 0
#define PIXELS 16
typedef struct {
    __m256i low, high; /* 16 bits each, as unpacklo and unpackhi leave them */
} lanes;
typedef struct {
    __m256i low, high;
} step;
typedef __m256i part;

/* For each byte: how far each number of 4 bits is from its lower half, and from its upper half. So one look-up, by the
 * weights, takes the place of XOR and popcount. */
#define COUNT(x) (((x) & 1) + ((x) >> 1 & 1) + ((x) >> 2 & 1) + ((x) >> 3 & 1))
#define FOUR(x, y) COUNT((x) ^ (y)), COUNT((x) ^ ((y) + 1)), COUNT((x) ^ ((y) + 2)), COUNT((x) ^ ((y) + 3))
#define HALF_BYTE(x) {FOUR(x, 0), FOUR(x, 4), FOUR(x, 8), FOUR(x, 12)}
#define ENTRY(x, y) {HALF_BYTE(y), HALF_BYTE(x)}
#define ENTRIES(x) \
    ENTRY(x, 0), ENTRY(x, 1), ENTRY(x, 2), ENTRY(x, 3), ENTRY(x, 4), ENTRY(x, 5), ENTRY(x, 6), ENTRY(x, 7), \
    ENTRY(x, 8), ENTRY(x, 9), ENTRY(x, 10), ENTRY(x, 11), ENTRY(x, 12), ENTRY(x, 13), ENTRY(x, 14), ENTRY(x, 15)
static const uint8_t distance_table[256][2][16] __attribute__((aligned(64))) = {
    ENTRIES(0), ENTRIES(1), ENTRIES(2), ENTRIES(3), ENTRIES(4), ENTRIES(5), ENTRIES(6), ENTRIES(7),
    ENTRIES(8), ENTRIES(9), ENTRIES(10), ENTRIES(11), ENTRIES(12), ENTRIES(13), ENTRIES(14), ENTRIES(15)};

ALWAYS part part_zero(void) { return _mm256_setzero_si256(); }
ALWAYS __m256i both_halves(const uint8_t *table)
{
    return _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)table));
}
ALWAYS step step_at(const uint8_t *row, int index, int left, int is_pair)
{
    (void)left, (void)is_pair;
    return (step){both_halves(distance_table[row[index]][0]), both_halves(distance_table[row[index]][1])};
}
ALWAYS part add_step(part sum, const uint8_t *weights, step bits, int is_pair)
{
    __m256i low = _mm256_loadu_si256((const void *)weights), high = _mm256_loadu_si256((const void *)(weights + 32));
    (void)is_pair;
    sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(bits.low, low));
    sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(bits.high, high));
    __asm__("" : "+x"(sum));
    return sum;
}
ALWAYS lanes part_sum(part sum, int is_pair)
{
    __m256i zero = _mm256_setzero_si256();
    (void)is_pair;
    return (lanes){_mm256_unpacklo_epi8(sum, zero), _mm256_unpackhi_epi8(sum, zero)};
}
ALWAYS lanes add(lanes a, lanes b) { return (lanes){_mm256_add_epi16(a.low, b.low), _mm256_add_epi16(a.high, b.high)}; }
ALWAYS lanes smaller(lanes a, lanes b)
{
    return (lanes){_mm256_min_epi16(a.low, b.low), _mm256_min_epi16(a.high, b.high)};
}
ALWAYS void store(int32_t *to, lanes a)
{
    int16_t of_lane[LANES];
    _mm256_storeu_si256((void *)of_lane, _mm256_permute2x128_si256(a.low, a.high, 0x20));
    _mm256_storeu_si256((void *)(of_lane + 16), _mm256_permute2x128_si256(a.low, a.high, 0x31));
    for (int lane = 0; lane < LANES; lane++)
        to[lane] = of_lane[lane];
}
ALWAYS void store_bits(uint8_t *to, lanes distances, const int16_t *limits, int bytes)
{
    __m256i first = _mm256_loadu_si256((const void *)limits), second = _mm256_loadu_si256((const void *)(limits + 16));
    __m256i low = _mm256_cmpgt_epi16(distances.low, _mm256_permute2x128_si256(first, second, 0x20));
    __m256i high = _mm256_cmpgt_epi16(distances.high, _mm256_permute2x128_si256(first, second, 0x31));
    uint32_t bits = ~(uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(low, high));
    if (bytes < 4)
        memcpy(to, &bits, 2);
    else
        memcpy(to, &bits, 4);
}

#elif defined(__ARM_NEON)

#include <arm_neon.h>
#define WIDE 2
#define LANES 8
#define STEP_BYTES 2
#define PAIRS 0
#define NIBBLES 0
#define PART_STEPS 4095
#define FIRST_LANES 0
#define PIXELS 8
typedef int16x8_t lanes;
typedef uint8x16_t step;
typedef uint16x8_t part;

ALWAYS part part_zero(void) { return vdupq_n_u16(0); }
/* It reads four halfwords, which serve four steps: a copy from a register is cheaper than one from memory. */
ALWAYS step step_at(const uint8_t *row, int index, int left, int is_pair)
{
    uint16x4_t four = vreinterpret_u16_u8(vld1_u8(row + index / 4 * 8));
    (void)left, (void)is_pair;
    return vreinterpretq_u8_u16(vdupq_n_u16(four[index % 4]));
}
ALWAYS part add_step(part sum, const uint8_t *weights, step bits, int is_pair)
{
    (void)is_pair;
    sum = vpadalq_u8(sum, vcntq_u8(veorq_u8(vld1q_u8(weights), bits)));
    __asm__("" : "+w"(sum));
    return sum;
}
ALWAYS lanes part_sum(part sum, int is_pair)
{
    (void)is_pair;
    return vreinterpretq_s16_u16(sum);
}
ALWAYS lanes add(lanes a, lanes b) { return vaddq_s16(a, b); }
ALWAYS lanes smaller(lanes a, lanes b) { return vminq_s16(a, b); }
ALWAYS void store(int32_t *to, lanes a)
{
    vst1q_s32(to, vmovl_s16(vget_low_s16(a)));
    vst1q_s32(to + 4, vmovl_s16(vget_high_s16(a)));
}
ALWAYS void store_bits(uint8_t *to, lanes distances, const int16_t *limits, int bytes)
{
    static const uint8_t value[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    uint8x8_t bits = vand_u8(vmovn_u16(vcleq_s16(distances, vld1q_s16(limits))), vld1_u8(value));
    (void)bytes;
    bits = vpadd_u8(bits, bits);
    bits = vpadd_u8(bits, bits);
    vst1_lane_u8(to, vpadd_u8(bits, bits), 0);
}

#else

#define WIDE 1
#define LANES 8
#define STEP_BYTES 4
#define PAIRS 0
#define NIBBLES 0
#define PART_STEPS 31
#define FIRST_LANES 0
#define PIXELS 8
typedef int32_t lanes __attribute__((vector_size(32)));
typedef uint32_t step;
typedef uint32_t part __attribute__((vector_size(32)));

ALWAYS part part_zero(void) { return (part){0}; }
ALWAYS step step_at(const uint8_t *row, int index, int left, int is_pair)
{
    (void)is_pair;
    return word_at(row + 4 * index, left);
}
ALWAYS part add_step(part sum, const uint8_t *weights, step window, int is_pair)
{
    part bits;
    (void)is_pair;
    memcpy(&bits, weights, sizeof bits);
    bits ^= window;
    bits -= (bits >> 1) & 0x55555555u;
    bits = (bits & 0x33333333u) + ((bits >> 2) & 0x33333333u);
    return sum + ((bits + (bits >> 4)) & 0x0f0f0f0fu);
}
ALWAYS lanes part_sum(part sum, int is_pair)
{
    part halves = (sum & 0x00ff00ffu) + ((sum >> 8) & 0x00ff00ffu);
    (void)is_pair;
    return (lanes)((halves & 0xffffu) + (halves >> 16));
}
ALWAYS lanes add(lanes a, lanes b) { return a + b; }
ALWAYS lanes smaller(lanes a, lanes b) { return (a & (a < b)) | (b & (a >= b)); }
ALWAYS void store(int32_t *to, lanes a) { memcpy(to, &a, sizeof a); }
ALWAYS void store_bits(uint8_t *to, lanes distances, const int16_t *limits, int bytes)
{
    unsigned bits = 0;
    (void)bytes;
    for (int lane = 0; lane < LANES; lane++)
        bits |= (unsigned)(distances[lane] <= limits[lane]) << lane;
    *to = (uint8_t)bits;
}

#endif

/* What layout.py has to know of the variant. */
struct form {
    int32_t lanes, step_bytes, pairs, nibbles, first_lanes;
};
const struct form xnor_form = {LANES, STEP_BYTES, PAIRS, NIBBLES, FIRST_LANES};

/* ---- The first layer adds the window's bytes times +1 or -1. An output is 1 if its sum is at least its limit; one
 * that does not exist has the largest limit. */

#define HALF 16 /* pixels are whole half words, so an image has room for a multiple of 16 outputs */
#define SIDE 32 /* of a crop, in pixels */

#if FIRST_LANES

/* With an instruction for sums of four products: all windows of a row are first copied into words.
 * weights: int8_t [blocks of FIRST_LANES outputs][WORDS][FIRST_LANES][4], +1 or -1. */
#define ROW_BYTES (3 * KERNEL)
#define WORDS ((KERNEL * ROW_BYTES + 3) / 4)

ALWAYS void first_layer(const struct layer *layer, const uint8_t *crop, int16_t *images, uint8_t *out)
{
    const int size = SIDE - KERNEL + 1, out_bytes = layer->blocks * FIRST_LANES / 8;
    uint8_t windows[SIDE][4 * WORDS];
    (void)images;
    memset(windows, 0, sizeof windows);
    for (int y = 0; y < size; y++, crop += 3 * SIDE, out += size * out_bytes) {
        for (int x = 0; x < size; x++)
            for (int row = 0; row < KERNEL; row++)
                memcpy(windows[x] + row * ROW_BYTES, crop + 3 * (row * SIDE + x), ROW_BYTES);
        for (int block = 0; block < layer->blocks; block++) {
            products weights[WORDS];
            memcpy(weights, (const uint8_t *)layer->weights + block * sizeof weights, sizeof weights);
            for (int x = 0; x < size; x++) {
                products sum = {0};
                for (int word = 0; word < WORDS; word++)
                    sum = add_products(sum, weights[word], word_at(windows[x] + 4 * word, 4));
                store_first(out + x * out_bytes + block * FIRST_LANES / 8, sum, layer->limits + block * FIRST_LANES);
            }
        }
    }
}

#else

/* Without: a weight is +1 or -1, so a pixel can add one of eight numbers to a sum, +r+g+b, +r+g-b, and so on. They are
 * computed once for all pixels, as eight images; each output then adds nine numbers, for PIXELS neighbours at once.
 * weights: int32_t [blocks of HALF outputs][HALF][TAPS], where the number of the first window is in `images`. */
#define IMAGE (SIDE * SIDE + SIDE) /* vectors at the last row's end read more than they need */
#define VECTORS (SIDE / PIXELS)
typedef int16_t pixels __attribute__((vector_size(2 * PIXELS)));
typedef uint16_t pixel_bits __attribute__((vector_size(2 * PIXELS)));

/* Bits 0, 1 and 2 of an image's number say whether red, green and blue count as +. */
ALWAYS void sign_pixels(const uint8_t *restrict crop, int16_t *restrict images)
{
    for (int i = 0; i < SIDE * SIDE; i++) {
        int16_t red = crop[3 * i], green = crop[3 * i + 1], blue = crop[3 * i + 2];
        int16_t sum = (int16_t)(green + blue), difference = (int16_t)(green - blue);
        images[i + 7 * IMAGE] = (int16_t)(sum + red);
        images[i + 6 * IMAGE] = (int16_t)(sum - red);
        images[i + 3 * IMAGE] = (int16_t)(difference + red);
        images[i + 2 * IMAGE] = (int16_t)(difference - red);
        images[i + 5 * IMAGE] = (int16_t)(red - difference);
        images[i + 4 * IMAGE] = (int16_t)-(difference + red);
        images[i + 1 * IMAGE] = (int16_t)(red - sum);
        images[i] = (int16_t)-(sum + red);
    }
}

ALWAYS void first_layer(const struct layer *layer, const uint8_t *crop, int16_t *images, uint8_t *out)
{
    const int size = SIDE - KERNEL + 1, out_bytes = layer->blocks * HALF / 8;
    sign_pixels(crop, images);
    for (int y = 0; y < size; y++, out += size * out_bytes)
        for (int block = 0; block < layer->blocks; block++) {
            const int32_t *offsets = (const int32_t *)layer->weights + block * HALF * TAPS;
            const int16_t *limits = layer->limits + block * HALF;
            pixel_bits bits[VECTORS];
            uint16_t of_pixel[SIDE];
            for (int i = 0; i < VECTORS; i++)
                bits[i] = (pixel_bits){0};
            for (int output = 0; output < HALF; output++) {
                const uint16_t bit = (uint16_t)(1u << output);
                pixels sums[VECTORS];
                for (int tap = 0; tap < TAPS; tap++) {
                    const int16_t *image = images + offsets[output * TAPS + tap] + y * SIDE;
                    for (int i = 0; i < VECTORS; i++) {
                        pixels addend;
                        memcpy(&addend, image + i * PIXELS, sizeof addend);
                        sums[i] = tap ? sums[i] + addend : addend;
                    }
                }
                for (int i = 0; i < VECTORS; i++)
                    bits[i] |= (pixel_bits)(sums[i] >= limits[output]) & bit; /* a comparison gives all bits or none */
            }
            memcpy(of_pixel, bits, sizeof of_pixel);
            for (int x = 0; x < size; x++)
                memcpy(out + x * out_bytes + block * HALF / 8, of_pixel + x, HALF / 8);
        }
}

#endif

/* ---- The binary layers. */

/* A window: `rows` rows of `row_bytes` bytes, in `steps` steps. Where these functions are inlined, its numbers are
 * constants, except for a dense layer and pixels of a rare size; so the compiler can unroll the loops. */
struct shape {
    int rows, row_bytes, steps, stride; /* stride: bytes from a row of the window to the next one */
    int is_pair;
};

ALWAYS struct shape shape_of(int rows, int row_bytes, int stride, int pixel_bytes)
{
    int is_pair = PAIRS && pixel_bytes % (2 * STEP_BYTES) == 0, step_bytes = is_pair ? 2 * STEP_BYTES : STEP_BYTES;
    return (struct shape){rows, row_bytes, (row_bytes + step_bytes - 1) / step_bytes, stride, is_pair};
}

/* The bytes of the weights of one step. */
ALWAYS int step_weights(struct shape shape) { return LANES * STEP_BYTES * (shape.is_pair || NIBBLES ? 2 : 1); }

ALWAYS const uint8_t *weights_of(const struct layer *layer, struct shape shape, int block)
{
    return (const uint8_t *)layer->weights + (int64_t)block * shape.rows * shape.steps * step_weights(shape);
}

/* Adds the steps from `begin` to `end` of `rows` rows of `count` windows to the sums of `wide` blocks. */
ALWAYS void add_steps(const struct layer *layer, struct shape shape, const uint8_t *const *windows, int count,
                      int block, int wide, int row, int rows, int begin, int end, part (*sums)[WINDOWS])
{
    for (int r = row; r < row + rows; r++)
        for (int index = begin; index < end; index++)
            for (int i = 0; i < count; i++) {
                int left = shape.row_bytes - index * STEP_BYTES;
                step bits = step_at(windows[i] + r * shape.stride, index, left, shape.is_pair);
                for (int b = 0; b < wide; b++) {
                    const uint8_t *weights = weights_of(layer, shape, block + b);
                    weights += (r * shape.steps + index) * step_weights(shape);
                    sums[b][i] = add_step(sums[b][i], weights, bits, shape.is_pair);
                }
            }
}

/* The distances of `count` windows from the weights of `wide` blocks. */
ALWAYS void distances_of(const struct layer *layer, struct shape shape, const uint8_t *const *windows, int count,
                         int block, int wide, lanes (*distances)[WINDOWS])
{
    int rows = shape.rows * shape.steps <= PART_STEPS ? shape.rows : 1; /* of a part */
    for (int b = 0; b < wide; b++)
        for (int i = 0; i < count; i++)
            distances[b][i] = part_sum(part_zero(), 0);
    for (int row = 0; row < shape.rows; row += rows)
        for (int begin = 0; begin < shape.steps; begin += PART_STEPS) {
            int end = begin + PART_STEPS < shape.steps ? begin + PART_STEPS : shape.steps;
            part sums[WIDE][WINDOWS];
            for (int b = 0; b < wide; b++)
                for (int i = 0; i < count; i++)
                    sums[b][i] = part_zero();
            add_steps(layer, shape, windows, count, block, wide, row, rows, begin, end, sums);
            for (int b = 0; b < wide; b++)
                for (int i = 0; i < count; i++)
                    distances[b][i] = add(distances[b][i], part_sum(sums[b][i], shape.is_pair));
        }
}

ALWAYS void blocks_outputs(const struct layer *layer, struct shape shape, const uint8_t *const *windows, int count,
                           int pools, int block, int wide, int out_bytes, uint8_t *out)
{
    lanes distances[WIDE][WINDOWS];
    distances_of(layer, shape, windows, count, block, wide, distances);
    for (int b = 0; b < wide; b++) {
        const int16_t *limits = layer->limits + (block + b) * LANES;
        lanes *of_window = distances[b];
        int at = (block + b) * LANES / 8;
        if (pools) {
            lanes smallest = smaller(smaller(of_window[0], of_window[1]), smaller(of_window[2], of_window[3]));
            store_bits(out + at, smallest, limits, out_bytes - at);
        } else
            for (int i = 0; i < count; i++)
                store_bits(out + i * out_bytes + at, of_window[i], limits, out_bytes - at);
    }
}

/* The bytes of a pixel of an image that a layer gives. */
ALWAYS int output_bytes(const struct layer *layer) { return (layer->outputs + HALF - 1) / HALF * (HALF / 8); }

/* The outputs of `count` windows: one pixel each, or one pixel of all four if the layer pools. */
ALWAYS void outputs(const struct layer *layer, struct shape shape, const uint8_t *const *windows, int count, int pools,
                    uint8_t *out)
{
    int block = 0, out_bytes = output_bytes(layer);
    for (; block + WIDE <= layer->blocks; block += WIDE)
        blocks_outputs(layer, shape, windows, count, pools, block, WIDE, out_bytes, out);
    for (; block < layer->blocks; block++)
        blocks_outputs(layer, shape, windows, count, pools, block, 1, out_bytes, out);
}

ALWAYS void convolve(const struct layer *layer, const uint8_t *in, int pixel_bytes, uint8_t *out)
{
    int size = layer->side - KERNEL + 1, stride = layer->side * pixel_bytes, out_bytes = output_bytes(layer);
    struct shape shape = shape_of(KERNEL, KERNEL * pixel_bytes, stride, pixel_bytes);
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
    case 2: convolve(layer, in, 2, out); break;
    case 4: convolve(layer, in, 4, out); break;
    case 8: convolve(layer, in, 8, out); break;
    case 16: convolve(layer, in, 16, out); break;
    case 32: convolve(layer, in, 32, out); break;
    default: convolve(layer, in, layer->pixel_bytes, out);
    }
}

ALWAYS struct shape whole_image(const struct layer *layer)
{
    int bytes = layer->side * layer->side * layer->pixel_bytes;
    return shape_of(1, bytes, bytes, layer->pixel_bytes);
}

static void write_scores(const struct layer *layer, const uint8_t *in, int32_t *scores)
{
    for (int block = 0; block < layer->blocks; block++) {
        lanes distances[1][WINDOWS];
        int32_t of_lane[LANES];
        distances_of(layer, whole_image(layer), &in, 1, block, 1, distances);
        store(of_lane, distances[0][0]);
        for (int lane = 0; lane < LANES && block * LANES + lane < layer->outputs; lane++)
            scores[block * LANES + lane] = layer->fan_in - 2 * of_lane[lane];
    }
}

/* Max-pooling of the first layer's image of size x size pixels, in its own memory: of four bits, one that is 1 wins. */
static void pool(uint8_t *image, int size, int pixel_bytes)
{
    int row_bytes = size * pixel_bytes;
    uint8_t *to = image;
    for (int y = 0; y + 1 < size; y += 2)
        for (int x = 0; x + 1 < size; x += 2)
            for (int i = 0; i < pixel_bytes; i++) {
                const uint8_t *at = image + y * row_bytes + x * pixel_bytes + i;
                *to++ = at[0] | at[pixel_bytes] | at[row_bytes] | at[row_bytes + pixel_bytes];
            }
}

/* Stores the words of a layer's input as add_step takes pairs. */
static void pair_words(const struct layer *layer, uint8_t *image)
{
    int bytes = layer->side * layer->side * layer->pixel_bytes;
    for (int i = 0; i < bytes; i += 8) {
        uint64_t pair;
        memcpy(&pair, image + i, sizeof pair);
        pair ^= pair << 32;
        memcpy(image + i, &pair, sizeof pair);
    }
}

/* The scores of `count` crops, [count][side][side][3] uint8 RGB, to [count][outputs of the last layer].
 * images: two of `image_bytes` bytes, each 8 bytes larger than the largest output of a layer before pooling, since a
 * step may be read beyond its end. signed_images: int16_t [8][SIDE + 1][SIDE] for the first layer, if FIRST_LANES is 0;
 * the row beyond each image must be 0. What is left in both shows the last crop: the caller wipes them. */
void xnor_scores(const struct layer *layers, int32_t layer_count, int16_t *signed_images, uint8_t *images,
                 int32_t image_bytes, const uint8_t *crops, int32_t *scores, int32_t count)
{
    for (int32_t crop = 0; crop < count; crop++) {
        const uint8_t *in = crops + (int64_t)crop * SIDE * SIDE * 3;
        for (int32_t index = 0; index < layer_count; index++) {
            const struct layer *layer = layers + index;
            uint8_t *out = images + index % 2 * image_bytes;
            switch (layer->kind) {
            case FIRST:
                first_layer(layer, in, signed_images, out);
                if (layer->pools)
                    pool(out, SIDE - KERNEL + 1, output_bytes(layer));
                break;
            case CONV: convolve_bits(layer, in, out); break;
            case DENSE: outputs(layer, whole_image(layer), &in, 1, 0, out); break;
            case SCORES: write_scores(layer, in, scores + (int64_t)crop * layer->outputs);
            }
            if (PAIRS && index + 1 < layer_count && layer[1].pixel_bytes % 8 == 0)
                pair_words(layer + 1, out);
            in = out;
        }
    }
}
