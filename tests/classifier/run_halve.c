/* Halves one picture from standard input, with every array in memory of exactly its size, so that the sanitizers find a
 * read or write beyond it. Input: out_width, out_height and how often, once or twice, as int32 in the machine's order, then
 * the picture's bytes. Output: the result's. */
#include <stdio.h>
#include <stdlib.h>

#include "halve.c"

int main(void)
{
    int32_t sizes[3];
    if (fread(sizes, sizeof *sizes, 3, stdin) != 3)
        return 2;
    int32_t factor = 2 * sizes[2];
    size_t out_bytes = (size_t)(3 * sizes[0] * sizes[1]), bytes = (size_t)(factor * factor) * out_bytes;
    uint8_t *pixels = malloc(bytes), *out = malloc(out_bytes);
    uint8_t *between = sizes[2] == 2 ? malloc((size_t)(12 * sizes[0])) : NULL;
    if (fread(pixels, 1, bytes, stdin) != bytes)
        return 2;
    halve(pixels, 3 * factor * sizes[0], out, 3 * sizes[0], sizes[0], sizes[1], between);
    return fwrite(out, 1, out_bytes, stdout) != out_bytes;
}
