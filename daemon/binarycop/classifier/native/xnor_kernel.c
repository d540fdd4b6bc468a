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
 * allocates nothing and keeps no state; layout.py sees to all sizes, and arranges the weights as `xnor_layout` says.
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

/* A window: `rows` rows of `row_bytes` bytes, in `steps` steps. Where the functions below are inlined, its numbers are
 * constants, except for a dense layer and pixels of a rare size; so the compiler can unroll the loops. */
struct shape {
    int rows, row_bytes, steps, stride; /* stride: bytes from a row of the window to the next one */
    int is_triple, plane;               /* plane: bytes from the image to its plane; see TRIPLES */
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

/* An address that is not computed from another one. The vector loads of Arm take an address without offset and can
 * advance it, so loops have fewer instructions if each address has its own register; compilers prefer one register. */
ALWAYS const uint8_t *own(const uint8_t *address)
{
#ifdef __ARM_NEON
    __asm__("" : "+r"(address));
#endif
    return address;
}

/* ---- What each instruction set provides. `lanes` are LANES distances, and a `part` is a sum in the making.
 *   step       what add_step compares at once, in all lanes: STEP_BYTES bytes of a window, or a triple of them
 *   next_step  reads a step and advances the address. `left`: the bytes that the row of the window still has
 *   add_step   adds the popcount of (weights XOR step) to a `part`, at most PART_STEPS times before part_sum
 *   WIDE       blocks of LANES outputs that share each step of a window, as far as there are registers
 *   TRIPLES    if set, a convolution's step has the window's three rows at once: the first, the second, and the XOR of
 *              all three, which lies in the image's plane. Its weights are arranged in the same way
 *   NIBBLES    if set, the weights of a step are the lower halves of all bytes, then the upper halves
 *   TABLES, PIXELS    see first_layer
 * An empty asm statement keeps the compiler from doing the additions last, for which it has too few registers. */

#if defined(__AVX512VPOPCNTDQ__)

#include <immintrin.h>
#define WIDE 2
#define LANES 16
#define STEP_BYTES 4
#define TRIPLES 1
#define NIBBLES 0
#define PART_STEPS 32767
#define TABLES 1
typedef __m512i lanes;
typedef struct {
    uint32_t first, second, all;
} step;
typedef struct {
    __m512i ones, twos;
} part;

ALWAYS part part_zero(void) { return (part){_mm512_setzero_si512(), _mm512_setzero_si512()}; }
ALWAYS __m512i unequal(const uint8_t *weights, uint32_t word)
{
    return _mm512_xor_si512(_mm512_loadu_si512(weights), _mm512_set1_epi32((int32_t)word));
}
ALWAYS step next_step(const uint8_t **from, int left, struct shape shape)
{
    const uint8_t *at = *from;
    *from += STEP_BYTES;
    if (!shape.is_triple)
        return (step){word_at(at, left), 0, 0};
    return (step){word_at(at, left), word_at(at + shape.stride, left), word_at(at + shape.plane, left)};
}
/* A triple costs two popcounts, not three. Bit by bit it is a full adder, whose sum is `all`. Its carry, which counts
 * twice, is the first bit if the second is equal, else the third, which then is what `all` is not. */
ALWAYS part add_step(part sum, const uint8_t *weights, step bits, struct shape shape)
{
    __m512i first = unequal(weights, bits.first), second, all, carry;
    if (!shape.is_triple) {
        sum.ones = _mm512_add_epi32(sum.ones, _mm512_popcnt_epi32(first));
        return sum;
    }
    second = unequal(weights + 64, bits.second);
    all = unequal(weights + 128, bits.all);
    carry = _mm512_ternarylogic_epi32(first, second, all, 0xd4);
    sum.ones = _mm512_add_epi32(sum.ones, _mm512_popcnt_epi32(all));
    sum.twos = _mm512_add_epi32(sum.twos, _mm512_popcnt_epi32(carry));
    __asm__ volatile("" : "+v"(sum.ones), "+v"(sum.twos));
    return sum;
}
ALWAYS lanes part_sum(part sum)
{
    return _mm512_add_epi32(sum.ones, _mm512_add_epi32(sum.twos, sum.twos));
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

#elif defined(__AVX2__)

#include <immintrin.h>
#define WIDE 2
#define LANES 32
#define STEP_BYTES 1
#define TRIPLES 0
#define NIBBLES 1
#define PART_STEPS 31 /* a byte of a part counts 8 bits a step */
#define TABLES 0
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
ALWAYS step next_step(const uint8_t **from, int left, struct shape shape)
{
    const uint8_t *at = (*from)++;
    (void)left, (void)shape;
    return (step){both_halves(distance_table[*at][0]), both_halves(distance_table[*at][1])};
}
ALWAYS part add_step(part sum, const uint8_t *weights, step bits, struct shape shape)
{
    __m256i low = _mm256_loadu_si256((const void *)weights), high = _mm256_loadu_si256((const void *)(weights + 32));
    (void)shape;
    sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(bits.low, low));
    sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(bits.high, high));
    __asm__("" : "+x"(sum));
    return sum;
}
ALWAYS lanes part_sum(part sum)
{
    __m256i zero = _mm256_setzero_si256();
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
#define TRIPLES 0
#define NIBBLES 0
#define PART_STEPS 4095
#define TABLES 0
#define PIXELS 8
typedef int16x8_t lanes;
typedef uint8x16_t step;
typedef uint16x8_t part;

ALWAYS part part_zero(void) { return vdupq_n_u16(0); }
ALWAYS step next_step(const uint8_t **from, int left, struct shape shape)
{
    step bits;
    (void)left, (void)shape;
#ifdef __arm__ /* with intrinsics compilers do not advance the address */
    __asm__("vld1.16 {%e0[], %f0[]}, [%1]!" : "=w"(bits), "+r"(*from) : "m"(*(const uint8_t (*)[STEP_BYTES])*from));
#else
    uint16_t half;
    memcpy(&half, *from, sizeof half);
    bits = vreinterpretq_u8_u16(vdupq_n_u16(half));
    *from += STEP_BYTES;
#endif
    return bits;
}
ALWAYS part add_step(part sum, const uint8_t *weights, step bits, struct shape shape)
{
    (void)shape;
    sum = vpadalq_u8(sum, vcntq_u8(veorq_u8(vld1q_u8(weights), bits)));
    __asm__("" : "+w"(sum));
    return sum;
}
ALWAYS lanes part_sum(part sum)
{
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
#define TRIPLES 0
#define NIBBLES 0
#define PART_STEPS 31
#define TABLES 0
#define PIXELS 8
typedef int32_t lanes __attribute__((vector_size(32)));
typedef uint32_t step;
typedef uint32_t part __attribute__((vector_size(32)));

ALWAYS part part_zero(void) { return (part){0}; }
ALWAYS step next_step(const uint8_t **from, int left, struct shape shape)
{
    (void)shape;
    const uint8_t *at = *from;
    *from += STEP_BYTES;
    return word_at(at, left);
}
ALWAYS part add_step(part sum, const uint8_t *weights, step window, struct shape shape)
{
    part bits;
    (void)shape;
    memcpy(&bits, weights, sizeof bits);
    bits ^= window;
    bits -= (bits >> 1) & 0x55555555u;
    bits = (bits & 0x33333333u) + ((bits >> 2) & 0x33333333u);
    return sum + ((bits + (bits >> 4)) & 0x0f0f0f0fu);
}
ALWAYS lanes part_sum(part sum)
{
    part halves = (sum & 0x00ff00ffu) + ((sum >> 8) & 0x00ff00ffu);
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
    int32_t lanes, step_bytes, triples, nibbles, tables;
};
const struct form xnor_layout = {LANES, STEP_BYTES, TRIPLES, NIBBLES, TABLES};

/* ---- The first layer adds the window's bytes times +1 or -1. An output is 1 if its sum is at least its limit; one
 * that does not exist has the largest limit. A pixel can add one of eight numbers to a sum, +r+g+b, +r+g-b, and so on.
 * They are computed once for all pixels. Bits 0, 1 and 2 of a number's place say whether red, green and blue count
 * as +. */

#define HALF 16 /* pixels are whole half words, so an image has room for a multiple of 16 outputs */
#define SIDE 32 /* of a crop, in pixels */

#if TABLES

/* With an instruction that looks up 32 numbers: the eight numbers of a pixel lie side by side, so a vector has those of
 * four neighbours. One look-up gives what a pixel adds to HALF outputs of a window, and the next pixel to those of the
 * next window. weights: uint16_t [blocks of HALF outputs][TAPS][2 windows][HALF], places among the 4 x 8 numbers. */
#define OF_PIXEL(a, b) a, b, a, b, a, b, a, b, a, b, a, b, a, b, a, b
#define NONE 128
static const uint8_t red_green[64] = {OF_PIXEL(0, 1), OF_PIXEL(3, 4), OF_PIXEL(6, 7), OF_PIXEL(9, 10)};
static const uint8_t blue[64] = {OF_PIXEL(2, NONE), OF_PIXEL(5, NONE), OF_PIXEL(8, NONE), OF_PIXEL(11, NONE)};
static const int8_t red_green_signs[16] = {-1, -1, 1, -1, -1, 1, 1, 1, -1, -1, 1, -1, -1, 1, 1, 1};
static const int8_t blue_signs[16] = {-1, 0, -1, 0, -1, 0, -1, 0, 1, 0, 1, 0, 1, 0, 1, 0};

/* `signs` times the bytes at `places` of four pixels; the sum of two bytes each. */
ALWAYS __m512i signed_sums(__m512i four, const uint8_t *places, const int8_t *signs)
{
    __m512i sign = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)signs));
    return _mm512_maddubs_epi16(_mm512_shuffle_epi8(four, _mm512_loadu_si512(places)), sign);
}

ALWAYS void sign_pixels(const uint8_t *crop, int16_t *numbers)
{
    for (int i = 0; i < SIDE * SIDE; i += 4) {
        __m512i four = _mm512_broadcast_i32x4(_mm_maskz_loadu_epi8(0x0fff, crop + 3 * i)); /* 12 bytes */
        __m512i sums = signed_sums(four, red_green, red_green_signs);
        _mm512_storeu_si512(numbers + 8 * i, _mm512_add_epi16(sums, signed_sums(four, blue, blue_signs)));
    }
}

ALWAYS void first_layer(const struct layer *layer, const uint8_t *crop, int16_t *numbers, uint8_t *out)
{
    const int size = SIDE - KERNEL + 1, out_bytes = layer->blocks * HALF / 8;
    sign_pixels(crop, numbers);
    for (int block = 0; block < layer->blocks; block++) {
        __m256i of_outputs = _mm256_loadu_si256((const void *)(layer->limits + block * HALF));
        __m512i limits = _mm512_broadcast_i64x4(of_outputs), places[TAPS];
        uint8_t *to = out + block * HALF / 8;
        memcpy(places, (const uint8_t *)layer->weights + block * sizeof places, sizeof places);
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x += 2, to += 2 * out_bytes) {
                __m512i sums = _mm512_setzero_si512();
                for (int tap = 0; tap < TAPS; tap++) {
                    __m512i four = _mm512_loadu_si512(numbers + 8 * ((y + tap / KERNEL) * SIDE + x));
                    sums = _mm512_add_epi16(sums, _mm512_permutexvar_epi16(places[tap], four));
                }
                uint32_t bits = _mm512_cmpge_epi16_mask(sums, limits);
                memcpy(to, &bits, HALF / 8);
                bits >>= HALF;
                memcpy(to + out_bytes, &bits, HALF / 8);
            }
    }
}

#else

/* Without: the numbers are eight images of the crop, one for each place, and an output adds nine of them for PIXELS
 * neighbours at once. weights: int32_t [blocks of HALF outputs][HALF][TAPS], where the first window's number is. */
#define IMAGE (SIDE * SIDE + SIDE) /* vectors at the last row's end read more than they need */
#define VECTORS (SIDE / PIXELS)
typedef int16_t pixels __attribute__((vector_size(2 * PIXELS)));
typedef uint16_t pixel_bits __attribute__((vector_size(2 * PIXELS)));

/* Adds an image's row to the sums. */
ALWAYS void add_row(const int16_t *row, pixels *sums)
{
#if defined(__ARM_NEON) && defined(__arm__)
    for (int i = 0; i < VECTORS; i += 2) {
        int16x8x2_t two;
        __asm__("vld1.16 %h0, [%1]!" : "=w"(two), "+r"(row) : "m"(*(const int16_t (*)[2 * PIXELS])row));
        sums[i] += two.val[0];
        sums[i + 1] += two.val[1];
    }
#else
    for (int i = 0; i < VECTORS; i++) {
        pixels addend;
        memcpy(&addend, row + i * PIXELS, sizeof addend);
        sums[i] += addend;
    }
#endif
}

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
            const int16_t *row = (const void *)own((const uint8_t *)(images + y * SIDE));
            pixel_bits bits[VECTORS];
            uint16_t of_pixel[SIDE];
            for (int i = 0; i < VECTORS; i++)
                bits[i] = (pixel_bits){0};
            for (int output = 0; output < HALF; output++) {
                const uint16_t bit = (uint16_t)(1u << output);
                pixels sums[VECTORS] = {{0}};
                for (int tap = 0; tap < TAPS; tap++)
                    add_row(row + offsets[output * TAPS + tap], sums);
                for (int i = 0; i < VECTORS; i++)
                    bits[i] |= (pixel_bits)(sums[i] >= limits[output]) & bit; /* a comparison gives all bits or none */
            }
            memcpy(of_pixel, bits, sizeof of_pixel);
            if (layer->blocks == 1)
                memcpy(out, of_pixel, (size_t)(size * HALF / 8));
            else
                for (int x = 0; x < size; x++)
                    memcpy(out + x * out_bytes + block * HALF / 8, of_pixel + x, HALF / 8);
        }
}

#endif

/* ---- The binary layers. */

ALWAYS struct shape shape_of(int rows, int row_bytes, int stride, int plane)
{
    int is_triple = TRIPLES && rows > 1;
    int steps = (row_bytes + STEP_BYTES - 1) / STEP_BYTES;
    return (struct shape){is_triple ? 1 : rows, row_bytes, steps, stride, is_triple, plane};
}

/* The bytes of the weights of one step. */
ALWAYS int step_weights(struct shape shape) { return LANES * STEP_BYTES * (shape.is_triple ? 3 : NIBBLES ? 2 : 1); }

ALWAYS const uint8_t *weights_of(const struct layer *layer, struct shape shape, int block)
{
    return (const uint8_t *)layer->weights + (int64_t)block * shape.rows * shape.steps * step_weights(shape);
}

/* Adds the steps from `begin` to `end` of `rows` rows of `count` windows to the sums of `wide` blocks. */
ALWAYS void add_steps(const struct layer *layer, struct shape shape, const uint8_t *const *windows, int count,
                      int block, int wide, int row, int rows, int begin, int end, part (*sums)[WINDOWS])
{
    for (int r = row; r < row + rows; r++) {
        const uint8_t *at[WINDOWS], *weights[WIDE];
        for (int i = 0; i < count; i++)
            at[i] = own(windows[i] + r * shape.stride + begin * STEP_BYTES);
        for (int b = 0; b < wide; b++)
            weights[b] = own(weights_of(layer, shape, block + b) + (r * shape.steps + begin) * step_weights(shape));
        for (int index = begin; index < end; index++) {
            for (int i = 0; i < count; i++) {
                step bits = next_step(at + i, shape.row_bytes - index * STEP_BYTES, shape);
                for (int b = 0; b < wide; b++)
                    sums[b][i] = add_step(sums[b][i], weights[b], bits, shape);
            }
            for (int b = 0; b < wide; b++)
                weights[b] += step_weights(shape);
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
            distances[b][i] = part_sum(part_zero());
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
                    distances[b][i] = add(distances[b][i], part_sum(sums[b][i]));
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
    struct shape shape = shape_of(KERNEL, KERNEL * pixel_bytes, stride, layer->side * stride);
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
    return shape_of(1, bytes, bytes, 0);
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

/* Appends its plane to the image that a convolution takes: each byte is the XOR of those in three rows. */
static void add_plane(const struct layer *layer, uint8_t *image)
{
    int stride = layer->side * layer->pixel_bytes, bytes = layer->side * stride;
    uint8_t *restrict plane = image + bytes;
    for (int i = 0; i + 2 * stride < bytes; i++)
        plane[i] = image[i] ^ image[i + stride] ^ image[i + 2 * stride];
}

/* A network with its memory.
 * crops: [count][SIDE][SIDE][3] uint8 RGB. scores: [count][outputs of the last layer].
 * images: two of `image_bytes` bytes, each with room for the largest output of a layer before pooling, for the largest
 * image with its plane, and for 8 bytes, since a step may be read beyond its end.
 * numbers: [8][SIDE + 1][SIDE] for the first layer; the last row of each must be 0.
 * What is left in images and numbers shows the last crop: the caller wipes them. */
struct network {
    const struct layer *layers;
    int16_t *numbers;
    uint8_t *images;
    const uint8_t *crops;
    int32_t *scores;
    int32_t layer_count, image_bytes;
};

/* Computes the scores of the first `count` crops. */
void xnor_scores(const struct network *network, int32_t count)
{
    for (int32_t crop = 0; crop < count; crop++) {
        const uint8_t *in = network->crops + (int64_t)crop * SIDE * SIDE * 3;
        for (int32_t index = 0; index < network->layer_count; index++) {
            const struct layer *layer = network->layers + index;
            uint8_t *out = network->images + index % 2 * network->image_bytes;
            switch (layer->kind) {
            case FIRST:
                first_layer(layer, in, network->numbers, out);
                if (layer->pools)
                    pool(out, SIDE - KERNEL + 1, output_bytes(layer));
                break;
            case CONV: convolve_bits(layer, in, out); break;
            case DENSE: outputs(layer, whole_image(layer), &in, 1, 0, out); break;
            case SCORES: write_scores(layer, in, network->scores + (int64_t)crop * layer->outputs);
            }
            if (TRIPLES && index + 1 < network->layer_count && layer[1].kind == CONV)
                add_plane(layer + 1, out);
            in = out;
        }
    }
}
