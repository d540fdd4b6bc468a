/* Shrinks one picture from standard input, with every array in memory of exactly its size, so that the sanitizers find a
 * read or write beyond it. Input: width, height, out_width and out_height as int32 in the machine's order, then the
 * picture's bytes. Output: the result's. */
#include <stdio.h>
#include <stdlib.h>

#include "area_mean.c"

int main(void)
{
    int32_t sizes[4];
    if (fread(sizes, sizeof *sizes, 4, stdin) != 4)
        return 2;
    size_t bytes = (size_t)(3 * sizes[0] * sizes[1]), out_bytes = (size_t)(3 * sizes[2] * sizes[3]);
    size_t numbers = (size_t)(3 * sizes[0]);
    uint8_t *pixels = malloc(bytes), *out = malloc(out_bytes);
    uint32_t *sums = malloc((numbers + 1) * sizeof *sums);
    if (fread(pixels, 1, bytes, stdin) != bytes)
        return 2;
    area_mean(pixels, 3 * sizes[0], sizes[0], sizes[1], out, 3 * sizes[2], sizes[2], sizes[3], sums);
    return fwrite(out, 1, out_bytes, stdout) != out_bytes;
}
